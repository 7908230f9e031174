package interop

import (
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cnntrain/internal/builder"
	"cnntrain/internal/interop/hdf5"
)

// WriteKerasWeights writes the weights as a .weights.h5 file of Keras 3, which
// Model.load_weights opens: keras/src/saving/saving_lib.py.
//
//	/layers/CLASS/vars  name; the datasets 0, 1 and so on
//
// CLASS is the layer's class in snake_case, and counts up from the second layer of
// a class: conv2d, conv2d_1.
func WriteKerasWeights(w io.Writer, m *Model) error {
	root := hdf5.NewGroup()
	root.Make("vars").Attributes["name"] = m.Name
	layers := root.Make("layers")
	paths := classPaths{}
	for _, l := range m.Layers {
		if _, err := l.kerasConfig(); err != nil {
			return fmt.Errorf("%s: %w", l.Label, err)
		}
		vars := layers.Make(paths.next(l.Type)).Make("vars")
		vars.Attributes["name"] = l.Label
		for i, t := range l.Weights {
			vars.Datasets[strconv.Itoa(i)] = dataset(t)
		}
	}
	return hdf5.Write(w, root)
}

// readWeightsH5 reads the weights of the layers of p that have some, and of the layers
// that p does not have, from the group of all layers.
func readWeightsH5(all *hdf5.Group, p *builder.Plan) (layers []kerasWeights, err error) {
	paths, known := classPaths{}, map[string]bool{}
	for _, l := range p.Layers {
		path := paths.next(l.Type)
		known[path] = true
		own, err := readVars(all.Groups[path])
		if err != nil {
			return nil, fmt.Errorf("layers/%s: %w", path, err)
		}
		if own.layer = path; len(l.Own) > 0 || len(own.tensors) > 0 {
			layers = append(layers, own)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(all.Groups)) {
		if vars := all.Groups[path].Groups["vars"]; !known[path] && vars != nil && len(vars.Datasets) > 0 {
			layers = append(layers, kerasWeights{layer: path})
		}
	}
	return layers, nil
}

// readVars reads the weights of a layer, of which there may be none.
func readVars(layer *hdf5.Group) (own kerasWeights, err error) {
	if layer == nil || layer.Groups["vars"] == nil {
		return own, nil
	}
	vars := layer.Groups["vars"].Datasets
	for i := range len(vars) {
		t, err := readTensor(vars[strconv.Itoa(i)])
		if err != nil {
			return own, fmt.Errorf("weight %d: %w", i, err)
		}
		own.tensors = append(own.tensors, t)
	}
	return own, nil
}

// classPaths counts the layers of each class.
type classPaths map[string]int

// next returns the path of the next layer of a class.
func (c classPaths) next(class string) string {
	path := snakeCase(class)
	n := c[path]
	c[path]++
	if n > 0 {
		return fmt.Sprintf("%s_%d", path, n)
	}
	return path
}

var (
	word  = regexp.MustCompile(`(.)([A-Z][a-z]+)`)
	upper = regexp.MustCompile(`([a-z])([A-Z])`)
)

// snakeCase is to_snake_case of keras/src/utils/naming.py: Conv2D is conv2d, ReLU re_lu.
func snakeCase(class string) string {
	class = word.ReplaceAllString(class, "${1}_$2")
	return strings.ToLower(upper.ReplaceAllString(class, "${1}_$2"))
}
