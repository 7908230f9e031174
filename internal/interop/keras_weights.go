package interop

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cnntrain/internal/builder/layer"
	"cnntrain/internal/checkpoint"
	"cnntrain/internal/interop/hdf5"
)

// kerasWeights is the weights of one layer in a file.
type kerasWeights struct {
	layer   string
	tensors []checkpoint.Tensor // with empty names if the file has none by Keras's conventions
}

// weightNames are Keras's names of weights.
var weightNames = []string{"kernel", "bias", "gamma", "beta", "moving_mean", "moving_variance", "depthwise_kernel", "pointwise_kernel", "alpha", "mean", "variance", CountName}

// weightName returns the weight's name in a path: kernel for conv2d/kernel:0, or
// kernel_1:0; empty for other paths.
func weightName(path string) string {
	name := path[strings.LastIndexByte(path, '/')+1:]
	name, _, _ = strings.Cut(name, ":")
	name = numbered.ReplaceAllString(name, "")
	if !slices.Contains(weightNames, name) {
		return ""
	}
	return name
}

// numbered matches the suffix that TensorFlow adds to a name in use.
var numbered = regexp.MustCompile(`_[0-9]+$`)

// as returns the weights in the order of a layer's own weights and with their names, or why
// they do not match.
func (w kerasWeights) as(own []layer.Weight) (as kerasWeights, wrong faults) {
	if len(w.tensors) != len(own) {
		wrong.add("layer %q has %d weights%s, not %d%s", w.layer, len(w.tensors), listNames(names(w.tensors)), len(own), listNames(ownNames(own)))
		return as, wrong
	}
	byName := !slices.ContainsFunc(w.tensors, func(t checkpoint.Tensor) bool { return t.Name == "" })
	as.layer = w.layer
	for i, o := range own {
		t := w.tensors[i]
		if byName {
			at := slices.IndexFunc(w.tensors, func(t checkpoint.Tensor) bool {
				return t.Name == o.Name || t.Name == "depthwise_kernel" && o.Name == "kernel" // Keras 2's DepthwiseConv2D
			})
			if at < 0 {
				wrong.add("layer %q has %s, and no %s", w.layer, strings.Join(names(w.tensors), ", "), o.Name)
				continue
			}
			t = w.tensors[at]
		}
		if len(o.Shape) == 4 && slices.Equal(o.Shape[:2], layer.Shape{1, 1}) && slices.Equal(t.Shape, []int(o.Shape[2:])) {
			t.Shape = o.Shape // of a Dense on maps
		}
		if !slices.Equal(t.Shape, []int(o.Shape)) {
			wrong.add("layer %q: %s is %v, not %v", w.layer, o.Name, t.Shape, []int(o.Shape))
		}
		t.Name = o.Name
		as.tensors = append(as.tensors, t)
	}
	return as, wrong
}

func names(tensors []checkpoint.Tensor) (list []string) {
	for _, t := range tensors {
		list = append(list, t.Name)
	}
	return list
}

func ownNames(own []layer.Weight) (list []string) {
	for _, o := range own {
		list = append(list, o.Name)
	}
	return list
}

// listNames formats names in brackets; empty if there are none.
func listNames(list []string) string {
	if list = slices.DeleteFunc(list, func(s string) bool { return s == "" }); len(list) == 0 {
		return ""
	}
	return " (" + strings.Join(list, ", ") + ")"
}

// named returns the tensors with the layer's name as a prefix of their names.
func (w kerasWeights) named() (tensors []checkpoint.Tensor) {
	for _, t := range w.tensors {
		t.Name = w.layer + "/" + t.Name
		tensors = append(tensors, t)
	}
	return tensors
}

// isLegacy reports whether weights are stored as in the .h5 files of Keras 2, with lists of
// names; the .h5 of Keras 3 still uses that layout.
func isLegacy(root *hdf5.Group) bool {
	_, ok := texts(modelWeights(root), "layer_names")
	return ok
}

// modelWeights returns the group with the weights of the model itself.
func modelWeights(root *hdf5.Group) *hdf5.Group {
	if g := root.Groups["model_weights"]; g != nil {
		return g
	}
	return root
}

// find returns the group or the dataset at a path below g, nil if there is none.
func find(g *hdf5.Group, path string) (*hdf5.Group, *hdf5.Dataset) {
	folders := strings.Split(path, "/")
	for i, name := range folders {
		if i == len(folders)-1 {
			return g.Groups[name], g.Datasets[name]
		}
		if g = g.Groups[name]; g == nil {
			break
		}
	}
	return nil, nil
}

func readTensor(d *hdf5.Dataset) (checkpoint.Tensor, error) {
	if d == nil {
		return checkpoint.Tensor{}, errors.New("damaged: it has no values")
	}
	values, err := d.Float32s()
	return checkpoint.Tensor{Shape: d.Shape, Data: values}, err
}

// allTensors returns all readable tensors below g, except for the state of optimizers and
// metrics.
func allTensors(g *hdf5.Group, path string) (all []checkpoint.Tensor) {
	for _, name := range slices.Sorted(maps.Keys(g.Datasets)) {
		if t, err := readTensor(g.Datasets[name]); err == nil {
			t.Name = path + name
			all = append(all, t)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(g.Groups)) {
		if path != "" || name != "optimizer" && name != "optimizer_weights" && name != "metrics" {
			all = append(all, allTensors(g.Groups[name], path+name+"/")...)
		}
	}
	return all
}

// findVars finds the weights of layers in a .weights.h5 file, where layers are matched by
// order.
func findVars(root *hdf5.Group, origins []origin, found []kerasWeights) error {
	all := map[string]*hdf5.Group{}
	varsBelow(root, "", all)
	if len(all) == 0 {
		return errors.New("no weights of Keras here: it has neither layer_names nor layers")
	}
	for i, o := range origins {
		vars := all[o.path]
		delete(all, o.path)
		found[i].layer = o.path[strings.LastIndexByte(o.path, '/')+1:]
		if vars == nil {
			continue
		}
		for n := range len(vars.Datasets) {
			if o.class == "Normalization" && n == countOf {
				found[i].tensors = append(found[i].tensors, noCount)
				continue
			}
			t, err := readTensor(vars.Datasets[strconv.Itoa(n)])
			if err != nil {
				return fmt.Errorf("%s: weight %d: %w", o.path, n, err)
			}
			found[i].tensors = append(found[i].tensors, t)
		}
	}
	var wrong faults
	for _, path := range slices.Sorted(maps.Keys(all)) {
		if len(all[path].Datasets) > 0 {
			wrong.add("weights of another architecture: the model has no layer for those of %s", path)
		}
	}
	return wrong.err()
}

// varsBelow finds the groups of weights of the layers below g by path.
func varsBelow(g *hdf5.Group, path string, all map[string]*hdf5.Group) {
	var layers map[string]*hdf5.Group
	if l := g.Groups["layers"]; l != nil {
		layers = l.Groups
	} else if l := g.Groups["_layer_checkpoint_dependencies"]; l != nil {
		layers = renumbered(l.Groups)
	}
	for name, l := range layers {
		path := path + "layers/" + name
		if vars := l.Groups["vars"]; vars != nil {
			all[path] = vars
		}
		varsBelow(l, path+"/", all)
	}
}

// renumbered renames groups to the names of Keras 2.13 and later. Keras 2.12 counts layers
// with weights twice: dense, dense_2, dense_4.
func renumbered(groups map[string]*hdf5.Group) map[string]*hdf5.Group {
	number := func(name string) int {
		n, _ := strconv.Atoi(strings.TrimPrefix(numbered.FindString(name), "_"))
		return n
	}
	paths, to := classPaths{}, map[string]*hdf5.Group{}
	for _, name := range slices.SortedFunc(maps.Keys(groups), func(a, b string) int { return cmp.Or(cmp.Compare(number(a), number(b)), cmp.Compare(a, b)) }) {
		to[paths.next(numbered.ReplaceAllString(name, ""))] = groups[name]
	}
	return to
}
