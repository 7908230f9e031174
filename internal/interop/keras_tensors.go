package interop

import (
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
// Keras 3. Layers are in the order of the file; in one without, in the order of
// their names and numbers. Values can be read until read returns.
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
		if err == nil && len(tensors) == 0 {
			err = errors.New("holds no weights")
		}
		if err != nil {
			return err
		}
		return read(tensors)
	})
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
	varsBelow(root, "", all)
	for _, path := range slices.SortedFunc(maps.Keys(all), words.Natural) {
		layer := strings.ReplaceAll(strings.TrimPrefix(path, "layers/"), "/layers/", "/")
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

func stored(name string, d *hdf5.Dataset) checkpoint.Stored {
	return checkpoint.Stored{Name: name, Shape: d.Shape, Type: checkpoint.DTypes[d.Type()], Read: d.Float32s}
}
