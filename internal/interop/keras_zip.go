package interop

import (
	"archive/zip"
	"encoding/json"
	"io"
	"strconv"
	"time"

	"cnntrain/internal/interop/hdf5"
)

// WriteKerasZip writes the model as a .keras file, which load_model of tf.keras 2.15 and
// of Keras 3 opens: a zip archive, not compressed (keras/src/saving/saving_lib.py).
//
//	metadata.json     keras_version
//	config.json       the model, compile_config in it
//	model.weights.h5  as WriteKerasWeights has it, and /optimizer/vars
//
// The same model gives the same bytes, so no date is in it.
func WriteKerasZip(w io.Writer, m *Model) error {
	m = m.inKerasOrder().goingOn()
	config := struct {
		object
		Build   map[string]any `json:"build_config"`
		Compile map[string]any `json:"compile_config,omitempty"`
	}{object: m.kerasConfig()}
	config.Build = map[string]any{"input_shape": config.Config["build_input_shape"]}
	weights := m.weightsTree()
	if m.Training != nil {
		config.Compile = m.Training.compileConfig()
		config.Compile["optimizer"] = m.Training.kerasOptimizer()
		variables, err := m.optimizerVariables()
		if err != nil {
			return err
		}
		vars := weights.Make("optimizer").Make("vars")
		for i, v := range variables {
			vars.Datasets[strconv.Itoa(i)] = v.values
		}
	}
	z := zip.NewWriter(w)
	for _, f := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{kerasMetadataName, jsonFile(map[string]any{"keras_version": kerasVersion})},
		{"config.json", jsonFile(config)},
		{"model.weights.h5", func(w io.Writer) error { return hdf5.Write(w, weights) }},
	} {
		// The earliest date of the format.
		out, err := z.CreateHeader(&zip.FileHeader{Name: f.name, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)})
		if err == nil {
			err = f.write(out)
		}
		if err != nil {
			return err
		}
	}
	return z.Close()
}

func jsonFile(v any) func(io.Writer) error {
	return func(w io.Writer) error {
		text, err := json.Marshal(v)
		if err == nil {
			_, err = w.Write(text)
		}
		return err
	}
}
