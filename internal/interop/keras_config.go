package interop

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"cnntrain/internal/catalog"
)

// kerasVersion is the version of Keras whose files these are.
const kerasVersion = "3.15.1"

// An object is how Keras writes a thing down in JSON.
type object struct {
	Module string         `json:"module"`
	Class  string         `json:"class_name"`
	Config map[string]any `json:"config"`
	Name   *string        `json:"registered_name"` // of classes that are not Keras's own
}

// kerasConfig returns the model as the JSON of a Sequential model.
func (m *Model) kerasConfig() (string, error) {
	batch := append([]any{nil}, anys(m.Input)...)
	layers := []object{{Module: "keras.layers", Class: "InputLayer", Config: map[string]any{
		"batch_shape": batch, "dtype": "float32", "sparse": false, "ragged": false, "name": "input_layer",
	}}}
	for _, l := range m.Layers {
		o, err := l.kerasConfig()
		if err != nil {
			return "", fmt.Errorf("%s: %w", l.Label, err)
		}
		layers = append(layers, o)
	}
	text, err := json.Marshal(map[string]any{"class_name": "Sequential", "config": map[string]any{
		"name": m.Name, "trainable": true, "dtype": "float32", "layers": layers, "build_input_shape": batch,
	}})
	return string(text), err
}

// kerasConfig returns the layer as Keras has it. Its options are ours, but for the
// few that kerasValue knows.
func (l *Layer) kerasConfig() (object, error) {
	if l.Name == "local_response_normalization" {
		return object{}, errors.New("not a layer of Keras; export to ONNX, or use batch_normalization")
	}
	config := map[string]any{}
	for name, v := range l.Options {
		if v = l.kerasValue(name, v); v != nil {
			config[name] = v
		}
	}
	config["name"], config["dtype"] = l.Label, "float32"
	if l.Options["trainable"] == true || l.Name == "spatial_dropout2d" {
		delete(config, "trainable") // which Keras's SpatialDropout2D does not take
	}
	return object{Module: "keras.layers", Class: l.Type, Config: config}, nil
}

func (l *Layer) kerasValue(name string, v any) any {
	if c, ok := v.(catalog.Choice); ok {
		config := map[string]any{}
		for name, v := range c.Values {
			config[name] = v
		}
		return object{Module: "keras." + kindOf(name), Class: c.Keras, Config: config}
	}
	list := reflect.ValueOf(v)
	switch {
	case v == (catalog.Pair{}):
		return nil // not given
	case !list.IsValid() || list.Kind() != reflect.Slice:
		return v
	case list.Len() == 0:
		return nil
	case list.Len() > 1:
		return v
	case l.Name == "random_contrast":
		// One number is both bounds here, and the upper one alone in Keras.
		return []any{list.Index(0).Interface(), list.Index(0).Interface()}
	}
	return list.Index(0).Interface()
}

// kindOf returns the module of Keras that the values of an option are of.
func kindOf(option string) string {
	if strings.HasSuffix(option, "_regularizer") {
		return "regularizers"
	}
	return "initializers"
}

func anys[T any](list []T) (out []any) {
	for _, v := range list {
		out = append(out, v)
	}
	return out
}
