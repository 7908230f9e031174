package interop

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"cnntrain/internal/builder/layer"
	"cnntrain/internal/catalog"
	"cnntrain/internal/spec"

	"gopkg.in/yaml.v3"
)

// A KerasSpec is the spec of a Keras model.
type KerasSpec struct {
	Name   string
	Input  []int
	Layers []*spec.Item
	Notes  []string // what was left out, since it changes nothing in use
}

// config is the options of a thing in Keras's JSON.
type config map[string]any

// readKerasConfig reads the JSON of a model.
func readKerasConfig(text []byte) (*KerasSpec, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var model any
	if err := dec.Decode(&model); err != nil {
		return nil, fmt.Errorf("model_config: %w", err)
	}
	class, options, ok := thing(model)
	if !ok {
		return nil, errors.New("model_config is not that of a Keras model")
	}
	if class != "Sequential" {
		return nil, fmt.Errorf("a model of class %s; only Sequential models of the layers in docs/SPEC.md can be imported", class)
	}
	k := &KerasSpec{}
	k.Name, _ = options["name"].(string)
	layers, _ := options["layers"].([]any)
	unnamed := map[string]int{}
	for i, l := range layers {
		class, options, ok := thing(l)
		if !ok {
			return nil, fmt.Errorf("model_config: layer %d has no class_name and config", i)
		}
		k.input(options)
		if class == "InputLayer" {
			continue
		}
		name, _ := options["name"].(string)
		if err := k.add(class, name, options, unnamed); err != nil {
			return nil, fmt.Errorf("layer %s (%s): %w", name, class, err)
		}
	}
	if k.Input == nil {
		return nil, errors.New("the model has no input of a fixed height, width and channels; start it with keras.Input((height, width, channels))")
	}
	return k, nil
}

// thing reads {"class_name": …, "config": {…}}.
func thing(v any) (class string, options config, ok bool) {
	o, _ := v.(map[string]any)
	class, ok = o["class_name"].(string)
	options, has := o["config"].(map[string]any)
	return class, options, ok && has
}

// input takes the shape of the images from the first layer that has one.
func (k *KerasSpec) input(options config) {
	for _, key := range []string{"batch_shape", "batch_input_shape"} { // of Keras 3, of Keras 2
		dims, _ := options[key].([]any)
		if len(dims) != 4 || k.Input != nil {
			continue
		}
		var shape []int
		for _, d := range dims[1:] {
			n, _ := d.(json.Number)
			if v, err := n.Int64(); err == nil && v > 0 {
				shape = append(shape, int(v))
			}
		}
		if len(shape) == 3 {
			k.Input = shape
		}
	}
}

// add appends the layer called label. Unnamed counts the layers of each kind whose
// label is the one that a spec gives them by itself; only others keep theirs.
func (k *KerasSpec) add(class, label string, options config, unnamed map[string]int) error {
	name, ok := byClass(layer.Layers, class)
	if !ok || name == "local_response_normalization" {
		return fmt.Errorf("there is no such layer here; known: %s", strings.Join(classes(layer.Layers), ", "))
	}
	if err := checkType(options["dtype"]); err != nil {
		return err
	}
	info := layer.Layers.Info(name)
	it := &spec.Item{Name: name, Label: label, Options: mapping()}
	automatic := name
	if n := unnamed[name]; n > 0 {
		automatic = fmt.Sprintf("%s_%d", name, n)
	}
	if label == automatic {
		unnamed[name]++
		delete(options, "name")
	}
	if options["seed"] != nil {
		k.Notes = append(k.Notes, fmt.Sprintf("layer %s: its own seed is left out; train.seed decides all that is random", label))
	}
	if err := setOptions(it.Options, info, options); err != nil {
		return err
	}
	if err := check(it); err != nil {
		return err
	}
	k.Layers = append(k.Layers, it)
	return nil
}

// check decodes a copy of the item, for errors that name the layer, not a line of
// a document nobody wrote.
func check(it *spec.Item) error {
	var problems spec.Problems
	alone := *it
	layer.Layers.Decode(&alone, &problems)
	var invalid spec.Invalid
	if !errors.As(problems.Err(), &invalid) {
		return nil
	}
	var lines []string
	for _, p := range invalid {
		lines = append(lines, strings.TrimPrefix(p.Message, it.Name+": "))
	}
	return errors.New(strings.Join(lines, "; "))
}

// setOptions writes the options of a thing, as Keras has them, into a mapping.
func setOptions(to *yaml.Node, info catalog.Info, options config) error {
	for _, key := range slices.Sorted(maps.Keys(options)) {
		v := options[key]
		if now, ok := renamedOptions[info.Name+" "+key]; ok {
			key = now
		}
		if text, ok := v.(string); ok && key == "activation" && renamedActivations[text] != "" {
			v = renamedActivations[text]
		}
		if v == nil {
			continue
		}
		i := slices.IndexFunc(info.Fields, func(f *catalog.Field) bool { return f.Name == key })
		if i < 0 {
			if err := checkOther(info.Name, key, v); err != nil {
				return err
			}
			continue
		}
		n, err := value(info.Fields[i], v)
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		to.Content = append(to.Content, spec.Scalar(key), n)
	}
	return nil
}

// value returns the value of an option as YAML.
func value(f *catalog.Field, v any) (*yaml.Node, error) {
	c := f.Things()
	if c == nil {
		return node(v)
	}
	class, options, ok := thing(v)
	if text, isText := v.(string); isText { // "zeros", or "Zeros"
		class, ok = text, true
	}
	name, known := byClass(c, class)
	if !ok || !known {
		return nil, fmt.Errorf("there is no %s %v here; known: %s", c.Kind(), class, strings.Join(classes(c), ", "))
	}
	inner := mapping()
	if err := setOptions(inner, c.Info(name), options); err != nil {
		return nil, err
	}
	if len(inner.Content) == 0 {
		return spec.Scalar(name), nil
	}
	return mapping(spec.Scalar(name), inner), nil
}

// node returns a JSON value as YAML.
func node(v any) (*yaml.Node, error) {
	switch v := v.(type) {
	case string:
		return spec.Scalar(v), nil
	case json.Number:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: v.String()}, nil
	case bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: fmt.Sprint(v)}, nil
	case []any:
		list := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
		for _, item := range v {
			n, err := node(item)
			if err != nil {
				return nil, err
			}
			list.Content = append(list.Content, n)
		}
		return list, nil
	}
	return nil, fmt.Errorf("cannot be %v here", v)
}

func mapping(content ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.MappingNode, Style: yaml.FlowStyle, Content: content}
}

// What Keras 2 called otherwise.
var (
	renamedOptions     = map[string]string{"leaky_relu alpha": "negative_slope"}
	renamedActivations = map[string]string{"swish": "silu"}
)

// others is options of Keras that we do not have, with the values that mean what we
// do, as JSON; those with none mean nothing here. Not given (null) always will do.
var others = map[string][]string{
	"axis":               {"-1", "3", "[3]", "[-1]"},
	"batch_input_shape":  nil,
	"data_format":        {`"channels_last"`},
	"dilation_rate":      {"1", "[1,1]"},
	"dtype":              nil, // checkType has seen it
	"fused":              nil,
	"groups":             {"1"},
	"max_value":          {},
	"negative_slope":     {"0", "0.0"},
	"renorm":             {"false"},
	"renorm_momentum":    nil,
	"seed":               nil,
	"threshold":          {"0", "0.0"},
	"virtual_batch_size": {},
	"fill_mode":          nil, // of layers that move no pixel in from outside
	"fill_value":         nil,
	"interpolation":      nil,
}

// checkOther returns an error if a layer's option that we do not have says something.
func checkOther(thing, key string, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	allowed, known := others[key]
	if known && (allowed == nil || slices.Contains(allowed, string(text))) {
		return nil
	}
	return fmt.Errorf("%s has no option %s here, and it is %s", thing, key, text)
}

// checkType returns an error unless a layer computes in float32.
func checkType(v any) error {
	if _, options, ok := thing(v); ok { // a DTypePolicy
		v = options["name"]
	}
	if v == nil || v == "float32" {
		return nil
	}
	return fmt.Errorf("its dtype is %v, and all is float32 here", v)
}

// byClass finds the thing that stands for a class of Keras.
func byClass(c catalog.Listing, class string) (name string, ok bool) {
	for _, name := range c.Names() {
		if info := c.Info(name); class != "" && (info.Keras == class || name == class) {
			return name, true
		}
	}
	return "", false
}

func classes(c catalog.Listing) (list []string) {
	for _, name := range c.Names() {
		if class := c.Info(name).Keras; class != "" && name != "local_response_normalization" {
			list = append(list, class)
		}
	}
	return list
}

// Document returns the spec as YAML, without the data, of which Keras says nothing.
func (k *KerasSpec) Document() ([]byte, error) {
	input := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for _, d := range k.Input {
		input.Content = append(input.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: fmt.Sprint(d)})
	}
	layers := &yaml.Node{Kind: yaml.SequenceNode}
	for _, it := range k.Layers {
		layers.Content = append(layers.Content, (&spec.Item{Name: it.Name, Resolved: it.Options}).Node())
	}
	doc := &yaml.Node{Kind: yaml.MappingNode}
	if k.Name != "" {
		doc.Content = append(doc.Content, spec.Scalar("name"), spec.Scalar(k.Name))
	}
	doc.Content = append(doc.Content, spec.Scalar("input"), input, spec.Scalar("layers"), layers)
	return yaml.Marshal(doc)
}
