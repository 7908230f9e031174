package interop

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"cnntrain/internal/catalog"
	"cnntrain/internal/spec"
)

// kerasVersion is the version of Keras that exported files claim.
const kerasVersion = "3.15.1"

// An object is the JSON of a Keras object.
type object struct {
	Module string         `json:"module"`
	Class  string         `json:"class_name"`
	Config map[string]any `json:"config"`
	Name   *string        `json:"registered_name"` // of classes that are not part of Keras
}

// ofApplications reports whether the layer is one of keras.applications, not of keras.layers.
func (l *Layer) ofApplications() bool { return l.Name == "layer_scale" || l.Name == "stochastic_depth" }

// kerasConfig returns the JSON of the model, as a Sequential model if it is a chain of layers
// and as a functional one otherwise, in a form that tf.keras 2.15 and Keras 3 both accept.
func (m *Model) kerasConfig() object {
	if !m.isChain() {
		return m.functionalConfig()
	}
	batch := append([]any{nil}, anys(m.Input)...)
	layers := []object{{Module: "keras.layers", Class: "InputLayer", Config: map[string]any{
		"batch_input_shape": batch, "dtype": "float32", "sparse": false, "ragged": false, "name": m.inputName(),
	}}}
	for _, l := range m.Layers {
		layers = append(layers, l.kerasConfig())
	}
	return object{Module: "keras", Class: "Sequential", Config: map[string]any{
		"name": m.Name, "trainable": true, "dtype": "float32", "layers": layers, "build_input_shape": batch,
	}}
}

// inputName returns the name of the input, which no layer has: in Keras the input is a layer.
func (m *Model) inputName() string {
	name := "input_layer"
	for slices.ContainsFunc(m.Layers, func(l Layer) bool { return l.Label == name }) {
		name += "_"
	}
	return name
}

// functionalConfig returns the JSON of a functional model: the layers with the names of those
// whose outputs they take, in the form of Keras 2, which Keras 3 reads too.
func (m *Model) functionalConfig() object {
	input := m.inputName()
	type node struct {
		object
		Label   string `json:"name"`
		Inbound []any  `json:"inbound_nodes"`
	}
	batch := append([]any{nil}, anys(m.Input)...)
	layers := []any{node{object{Module: "keras.layers", Class: "InputLayer", Config: map[string]any{
		"batch_input_shape": batch, "dtype": "float32", "sparse": false, "ragged": false, "name": input,
	}}, input, []any{}}}
	reference := func(i int) []any {
		if i == spec.Images {
			return []any{input, 0, 0}
		}
		return []any{m.Layers[i].Label, 0, 0}
	}
	for i := range m.Layers {
		l := &m.Layers[i]
		var inbound []any
		for _, in := range m.inputs(i) {
			inbound = append(inbound, append(reference(in), map[string]any{}))
		}
		layers = append(layers, node{l.kerasConfig(), l.Label, []any{inbound}})
	}
	return object{Module: "keras", Class: "Model", Config: map[string]any{
		"name": m.Name, "trainable": true, "layers": layers,
		"input_layers": []any{reference(spec.Images)}, "output_layers": []any{reference(len(m.Layers) - 1)},
	}}
}

// customLayers is the package under which docs/KERAS.md registers the layers that are not
// part of Keras.
const customLayers = "cnntrain"

// isCustom reports whether Keras has no such layer.
func (l *Layer) isCustom() bool { return l.Name == "local_response_normalization" }

// kerasConfig returns the JSON of the layer. Its options are ours, except for those that
// kerasValue converts.
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
	if _, has := config["activation"]; l.Type == "Activation" && !has {
		config["activation"] = l.Name // a layer that in Keras is a function
	}
	if l.Name == "rgb_to_bgr" {
		config = swapConfig()
	}
	config["name"], config["dtype"] = l.Label, "float32"
	if l.Options["trainable"] == true || l.Name == "spatial_dropout2d" {
		delete(config, "trainable") // which Keras's SpatialDropout2D rejects
	}
	if l.Name == "rgb_to_bgr" {
		config["trainable"] = false
	}
	o := object{Module: "keras.layers", Class: l.Type, Config: config}
	if l.ofApplications() {
		o.Module, o.Name = "keras.src.applications.convnext", &l.Type
	}
	if l.isCustom() {
		name := customLayers + ">" + l.Type
		o.Module, o.Class, o.Name = customLayers, name, &name // tf.keras 2.15 looks for either, depending on the file format
	}
	return o
}

// oldOptions lists options that Keras 2 knows only by another name, which Keras 3 accepts
// too.
var oldOptions = map[string]string{"leaky_relu negative_slope": "alpha"}

func (l *Layer) kerasValue(name string, v any) any {
	if c, ok := v.(catalog.Choice); ok {
		if c.Keras == "" { // an initializer that Keras does not have; the weights are in the file
			return object{Module: "keras.initializers", Class: "GlorotUniform", Config: map[string]any{}}
		}
		return object{Module: "keras." + kindOf(name), Class: c.Keras, Config: kerasOptions(c)}
	}
	list := reflect.ValueOf(v)
	switch {
	case v == (catalog.Pair{}), l.Name == "random_flip" && name == "alternate":
		return nil // not given, or not in Keras
	case name == "dilation_rate" && v == catalog.Pair{1, 1}, l.Name == "conv2d" && name == "groups" && v == 1, l.Name == "relu" && v == 0.0,
		l.Name == "resizing" && (v == false || v == 0.0): // some of which tf.keras 2.15 does not know
		return nil // the default
	case l.Name == "random_contrast" && name == "value_range" && reflect.DeepEqual(v, catalog.Range{0, 255}):
		return nil // the behaviour of tf.keras 2.15, which has no such option
	case l.Name == "random_posterization" && name == "factor":
		return wholeNumbers(v.(catalog.Range))
	case name == "output_padding" && list.Len() == 1:
		return slices.Repeat(v.(catalog.Ints), 2) // Keras takes no list of one
	case isInts(v) && name != "axis" && list.Len() > 0:
		return v // a shape or several axes, also if there is only one
	case !list.IsValid() || list.Kind() != reflect.Slice:
		return jsonValue(v)
	case list.Len() == 0:
		return nil
	case list.Len() > 1:
		return jsonValue(v)
	case l.Name == "random_saturation" && name == "factor", name == "saturation_factor", l.Name == "random_color_degeneration" && name == "factor":
		// Here one number is an upper bound from 0, in Keras from -f.
		return []any{decimal(0), jsonValue(list.Index(0).Interface())}
	case l.Name == "random_contrast", name == "contrast_factor":
		// Here one number is both bounds, in Keras only the upper one.
		return []any{jsonValue(list.Index(0).Interface()), jsonValue(list.Index(0).Interface())}
	}
	return jsonValue(list.Index(0).Interface())
}

// wholeNumbers returns one number or several as integers.
func wholeNumbers(r catalog.Range) any {
	list := []int{}
	for _, f := range r {
		list = append(list, int(f))
	}
	if len(list) == 1 {
		return list[0]
	}
	return list
}

func isInts(v any) bool { _, ok := v.(catalog.Ints); return ok }

// kerasOptions returns the options of an object, with numbers in Keras's form.
func kerasOptions(c catalog.Choice) map[string]any {
	config := map[string]any{}
	for name, v := range c.Values {
		config[name] = jsonValue(v)
	}
	return config
}

// Floats are written with a decimal point, because Keras rejects integers for them.
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

// kindOf returns the Keras module of the values of an option.
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
