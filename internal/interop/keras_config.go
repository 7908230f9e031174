package interop

import (
	"reflect"
	"strconv"
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

// kerasConfig returns the model as a Sequential one, in words that tf.keras 2.15 and
// Keras 3 both know.
func (m *Model) kerasConfig() object {
	batch := append([]any{nil}, anys(m.Input)...)
	layers := []object{{Module: "keras.layers", Class: "InputLayer", Config: map[string]any{
		"batch_input_shape": batch, "dtype": "float32", "sparse": false, "ragged": false, "name": "input_layer",
	}}}
	for _, l := range m.Layers {
		layers = append(layers, l.kerasConfig())
	}
	return object{Module: "keras", Class: "Sequential", Config: map[string]any{
		"name": m.Name, "trainable": true, "dtype": "float32", "layers": layers, "build_input_shape": batch,
	}}
}

// customLayers is the package under which docs/KERAS.md registers the layers that are
// not Keras's own.
const customLayers = "cnntrain"

// isCustom reports whether Keras has no such layer.
func (l *Layer) isCustom() bool { return l.Name == "local_response_normalization" }

// kerasConfig returns the layer as Keras has it. Its options are ours, but for the
// few that kerasValue knows.
func (l *Layer) kerasConfig() object {
	config := map[string]any{}
	for name, v := range l.Options {
		if v = l.kerasValue(name, v); v == nil {
			continue
		}
		if old, ok := oldOptions[l.Name+" "+name]; ok {
			name = old
		}
		config[name] = v
	}
	config["name"], config["dtype"] = l.Label, "float32"
	if l.Options["trainable"] == true || l.Name == "spatial_dropout2d" {
		delete(config, "trainable") // which Keras's SpatialDropout2D does not take
	}
	o := object{Module: "keras.layers", Class: l.Type, Config: config}
	if l.isCustom() {
		name := customLayers + ">" + l.Type
		o.Module, o.Class, o.Name = customLayers, name, &name // tf.keras 2.15 looks for either, by the kind of file
	}
	return o
}

// oldOptions is names that Keras 2 knows alone, and Keras 3 too.
var oldOptions = map[string]string{"leaky_relu negative_slope": "alpha"}

func (l *Layer) kerasValue(name string, v any) any {
	if c, ok := v.(catalog.Choice); ok {
		return object{Module: "keras." + kindOf(name), Class: c.Keras, Config: kerasOptions(c)}
	}
	list := reflect.ValueOf(v)
	switch {
	case v == (catalog.Pair{}):
		return nil // not given
	case l.Name == "random_contrast" && name == "value_range" && reflect.DeepEqual(v, catalog.Range{0, 255}):
		return nil // which is how it is in tf.keras 2.15, that has no such option
	case !list.IsValid() || list.Kind() != reflect.Slice:
		return jsonValue(v)
	case list.Len() == 0:
		return nil
	case list.Len() > 1:
		return jsonValue(v)
	case l.Name == "random_contrast":
		// One number is both bounds here, and the upper one alone in Keras.
		return []any{jsonValue(list.Index(0).Interface()), jsonValue(list.Index(0).Interface())}
	}
	return jsonValue(list.Index(0).Interface())
}

// kerasOptions returns the options of a thing, with its numbers as Keras needs them.
func kerasOptions(c catalog.Choice) map[string]any {
	config := map[string]any{}
	for name, v := range c.Values {
		config[name] = jsonValue(v)
	}
	return config
}

// A decimal is written with a point, since Keras refuses whole numbers for floats.
type decimal float64

func (d decimal) MarshalJSON() ([]byte, error) {
	text := strconv.FormatFloat(float64(d), 'g', -1, 64)
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return []byte(text), nil
}

func jsonValue(v any) any {
	switch v := v.(type) {
	case float64:
		return decimal(v)
	case catalog.Range:
		out := []decimal{}
		for _, x := range v {
			out = append(out, decimal(x))
		}
		return out
	}
	return v
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
