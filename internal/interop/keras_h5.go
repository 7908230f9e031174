package interop

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"cnntrain/internal/checkpoint"
	"cnntrain/internal/interop/hdf5"
)

// WriteKeras writes the model as a whole-model HDF5 file, which
// keras.models.load_model opens: keras/src/legacy/saving/legacy_h5_format.py.
//
//	/  model_config, keras_version, backend
//	/model_weights  layer_names
//	/model_weights/LAYER  weight_names: MODEL/LAYER/WEIGHT, the paths of datasets in it
func WriteKeras(w io.Writer, m *Model) error {
	config, err := m.kerasConfig()
	if err != nil {
		return err
	}
	root := hdf5.NewGroup()
	root.Attributes["model_config"] = config
	sign(root)
	weights := root.Make("model_weights")
	sign(weights)
	var layers []string
	for _, l := range m.Layers {
		layers = append(layers, l.Label)
		group := weights.Make(l.Label)
		names := []string{}
		for i, own := range l.Own {
			names = append(names, m.Name+"/"+l.Label+"/"+own.Name)
			group.Make(m.Name).Make(l.Label).Datasets[own.Name] = dataset(l.Weights[i])
		}
		group.Attributes["weight_names"] = names
	}
	weights.Attributes["layer_names"] = layers
	weights.Make("top_level_model_weights").Attributes["weight_names"] = []string{}
	return hdf5.Write(w, root)
}

func sign(g *hdf5.Group) {
	g.Attributes["keras_version"], g.Attributes["backend"] = kerasVersion, "tensorflow"
}

func dataset(t checkpoint.Tensor) *hdf5.Dataset { return hdf5.NewDataset(t.Shape, t.Data) }

// kerasWeights is the weights of one layer of a file, in Keras's order.
type kerasWeights struct {
	layer   string
	tensors []checkpoint.Tensor // without names
}

// readH5Weights reads the weights of the layers that have some, from a whole-model
// file or a file of weights that Keras 2 wrote.
func readH5Weights(root *hdf5.Group) (layers []kerasWeights, err error) {
	if g := root.Groups["model_weights"]; g != nil {
		root = g
	}
	names, ok := texts(root, "layer_names")
	if !ok {
		return nil, errors.New("no weights of Keras here: layer_names is missing")
	}
	for _, name := range names {
		group := root.Groups[name]
		if group == nil {
			return nil, fmt.Errorf("damaged: layer %q has no group", name)
		}
		own := kerasWeights{layer: name}
		paths, _ := texts(group, "weight_names")
		for _, path := range paths {
			t, err := readTensor(find(group, path))
			if err != nil {
				return nil, fmt.Errorf("layer %q: %s: %w", name, path, err)
			}
			own.tensors = append(own.tensors, t)
		}
		if len(own.tensors) > 0 {
			layers = append(layers, own)
		}
	}
	return layers, nil
}

// texts returns a list of texts, which Keras splits into several if it is long:
// layer_names, or layer_names0, layer_names1 and so on.
func texts(g *hdf5.Group, name string) (list []string, ok bool) {
	if list, ok = g.Attributes[name].([]string); ok {
		return list, true
	}
	for i := 0; ; i++ {
		part, more := g.Attributes[fmt.Sprint(name, i)].([]string)
		if !more {
			return list, i > 0
		}
		list = append(list, part...)
	}
}

// find returns the dataset at a path below g, nil if there is none.
func find(g *hdf5.Group, path string) *hdf5.Dataset {
	folders := strings.Split(path, "/")
	for _, name := range folders[:len(folders)-1] {
		if g = g.Groups[name]; g == nil {
			return nil
		}
	}
	return g.Datasets[folders[len(folders)-1]]
}

func readTensor(d *hdf5.Dataset) (checkpoint.Tensor, error) {
	if d == nil {
		return checkpoint.Tensor{}, errors.New("damaged: it has no values")
	}
	values, err := d.Float32s()
	return checkpoint.Tensor{Shape: d.Shape, Data: values}, err
}
