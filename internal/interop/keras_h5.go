package interop

import (
	"io"

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
