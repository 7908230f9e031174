package interop

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"cnntrain/internal/checkpoint"
	"cnntrain/internal/interop/hdf5"
	"cnntrain/internal/words"
)

// ScanKeras calls read with every weight in a file of Keras: .h5, .keras or
// .weights.h5, also of models that cannot be imported. A weight is called LAYER/NAME:
// conv2d/kernel; it is LAYER/0, LAYER/1 where the file has no names of weights, as those of
// Keras 3. Layers are in the order of the model, see Model.WeightOrder, if the file has it; else
// in that of the file; in one without, in the order of their names and numbers. Values can
// be read until read returns.
func ScanKeras(path string, read func([]checkpoint.Stored) error) error {
	return open(path, func(c *container) error {
		if c.weights == nil {
			return errors.New("holds the JSON of a model, and no weights")
		}
		var tensors []checkpoint.Stored
		var err error
		if isLegacy(c.weights) {
			tensors, err = scanH5(modelWeights(c.weights))
		} else {
			tensors = scanVars(c.weights)
		}
		c.sort(tensors)
		if err == nil && len(tensors) == 0 {
			err = errors.New("holds no weights")
		}
		if err != nil {
			return err
		}
		return read(tensors)
	})
}

// sort sorts the weights by their layers, if the file has the model: Keras writes those of
// a nested model that are trained before those that are not.
func (c *container) sort(tensors []checkpoint.Stored) {
	if c.config == nil {
		return
	}
	model, err := readChain(c.config)
	if err != nil || model.faults != nil {
		return
	}
	at := map[string]int{}
	for i, l := range model.weightOrder() {
		at[l.name] = i
		at[l.inModel()] = i
		at[varsName(l.path)] = i
	}
	place := func(t checkpoint.Stored) int {
		scope, _ := splitName(t.Name)
		for more := true; more; _, scope, more = strings.Cut(scope, "/") {
			if i, ok := at[scope]; ok {
				return i
			}
		}
		return len(at)
	}
	slices.SortStableFunc(tensors, func(a, b checkpoint.Stored) int { return cmp.Compare(place(a), place(b)) })
}

// splitName splits LAYER/NAME.
func splitName(name string) (layer, weight string) {
	at := strings.LastIndexByte(name, '/')
	return name[:max(at, 0)], name[at+1:]
}

// scanH5 lists the weights by layer_names and weight_names.
func scanH5(root *hdf5.Group) (tensors []checkpoint.Stored, err error) {
	layers, _ := texts(root, "layer_names")
	for _, layer := range layers {
		group, _ := find(root, layer)
		if group == nil {
			return nil, errors.New("damaged: layer " + strconv.Quote(layer) + " has no group")
		}
		paths, _ := texts(group, "weight_names")
		for _, path := range paths {
			_, values := find(group, path)
			if values == nil {
				return nil, errors.New("damaged: weight " + strconv.Quote(path) + " has no values")
			}
			name, scope := weightName(path), path[:max(0, strings.LastIndexByte(path, '/'))]
			if name == "" {
				name = path[len(scope):]
			}
			if scope == "" {
				scope = layer
			}
			tensors = append(tensors, stored(scope+"/"+strings.TrimPrefix(name, "/"), values))
		}
	}
	return tensors, nil
}

// scanVars lists the weights of a .weights.h5. Layers have their Keras names if the file has
// them, else their paths.
func scanVars(root *hdf5.Group) (tensors []checkpoint.Stored) {
	all := map[string]*hdf5.Group{}
	everyVars(root, "", all)
	for _, path := range slices.SortedFunc(maps.Keys(all), words.Natural) {
		layer := varsName(path)
		if name := all[path].Text("name"); name != "" {
			layer = layer[:strings.LastIndexByte(layer, '/')+1] + name
		}
		for n := range len(all[path].Datasets) {
			name := strconv.Itoa(n)
			if d := all[path].Datasets[name]; d != nil {
				tensors = append(tensors, stored(layer+"/"+name, d))
			}
		}
	}
	return tensors
}

// varsName returns the name of the layer at a path of a .weights.h5.
func varsName(path string) string {
	return strings.ReplaceAll(strings.TrimPrefix(path, "layers/"), "/layers/", "/")
}

// notWeights lists groups with values that are not those of layers.
var notWeights = []string{"optimizer", "metrics", "loss_tracker", "seed_generator"}

// everyVars finds the groups of weights below g by path: those of layers, as varsBelow, and those of
// the attributes of a model that is a class of its own, which are called like the attributes.
func everyVars(g *hdf5.Group, path string, all map[string]*hdf5.Group) {
	for name, child := range g.Groups {
		switch {
		case slices.Contains(notWeights, name):
		case name == "vars":
			if len(child.Datasets) > 0 {
				all[strings.TrimSuffix(path, "/")] = child
			}
		case name == "_layer_checkpoint_dependencies":
			for name, child := range renumbered(child.Groups) {
				everyVars(child, path+"layers/"+name+"/", all)
			}
		default:
			everyVars(child, path+name+"/", all)
		}
	}
}

func stored(name string, d *hdf5.Dataset) checkpoint.Stored {
	return checkpoint.Stored{Name: name, Shape: d.Shape, Type: checkpoint.DTypes[d.Type()], Read: d.Float32s}
}
