package interop

import (
	"encoding/json"
	"io"
	"maps"

	"cnntrain/internal/checkpoint"
	"cnntrain/internal/interop/hdf5"
)

// WriteKeras writes the model as a whole-model HDF5 file, which load_model of tf.keras
// 2.15 and of Keras 3 opens: keras/src/legacy/saving/legacy_h5_format.py.
//
//	/  model_config, training_config, keras_version, backend
//	/model_weights  layer_names
//	/model_weights/LAYER  weight_names: MODEL/LAYER/WEIGHT, the paths of datasets in it
//	/optimizer_weights  weight_names: OPTIMIZER/VARIABLE, the same
func WriteKeras(w io.Writer, m *Model) error {
	m = m.inKerasOrder().goingOn()
	root := hdf5.NewGroup()
	if err := setJSON(root, "model_config", m.kerasConfig()); err != nil {
		return err
	}
	sign(root)
	if m.Training != nil {
		config := m.Training.compileConfig()
		config["optimizer_config"] = m.Training.h5Optimizer()
		if err := setJSON(root, "training_config", config); err != nil {
			return err
		}
		if err := m.writeOptimizer(root); err != nil {
			return err
		}
	}
	weights := root.Make("model_weights")
	sign(weights)
	var layers []string
	for _, l := range m.Layers {
		layers = append(layers, l.Label)
		group := weights.Make(l.Label)
		names := []string{}
		for i, own := range l.Own {
			names = append(names, m.Name+"/"+l.Label+"/"+own.Name)
			group.Make(m.Name).Make(l.Label).Datasets[own.Name] = l.dataset(i, l.Weights[i])
		}
		group.Attributes["weight_names"] = names
	}
	weights.Attributes["layer_names"] = layers
	weights.Make("top_level_model_weights").Attributes["weight_names"] = []string{}
	return hdf5.Write(w, root)
}

// writeOptimizer writes the state of the optimizer, if it is known.
func (m *Model) writeOptimizer(root *hdf5.Group) error {
	variables, err := m.optimizerVariables()
	if err != nil || len(variables) == 0 {
		return err
	}
	group, name := root.Make("optimizer_weights"), m.Training.Optimizer.Name
	var paths []string
	for _, v := range variables {
		paths = append(paths, name+"/"+v.name)
		group.Make(name).Datasets[v.name] = v.values
	}
	group.Attributes["weight_names"] = paths
	return nil
}

// h5Optimizer returns the optimizer for HDF5 files. For the plain class name tf.keras 2.15
// creates its legacy optimizer, which computes the same but has no AdamW, no weight decay
// and no null, and another order of state variables. Current optimizers are called
// Custom>Adam and so on; for those Keras 3 uses its default options.
func (t *Training) h5Optimizer() object {
	o := t.kerasOptimizer()
	if t.todays() {
		o.Class = "Custom>" + o.Class
		return o
	}
	maps.DeleteFunc(o.Config, func(_ string, v any) bool { return v == nil })
	return o
}

// todays reports whether tf.keras 2.15 needs one of its current optimizers.
func (t *Training) todays() bool {
	decay, _ := t.Optimizer.Values["weight_decay"].(float64)
	return t.State != nil || decay > 0 || t.Optimizer.Name == "adamw"
}

func setJSON(g *hdf5.Group, name string, v any) error {
	text, err := json.Marshal(v)
	g.Attributes[name] = string(text)
	return err
}

func sign(g *hdf5.Group) {
	g.Attributes["keras_version"], g.Attributes["backend"] = kerasVersion, "tensorflow"
}

func dataset(t checkpoint.Tensor) *hdf5.Dataset { return hdf5.NewDataset(t.Shape, t.Data) }
