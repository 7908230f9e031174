package interop

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"cnntrain/internal/catalog"
	"cnntrain/internal/spec"

	"gopkg.in/yaml.v3"
)

// setOptions writes the options of a layer, or of one of its objects, from Keras's JSON
// into a mapping.
func (r *specReader) setOptions(l *kerasLayer, to *yaml.Node, info catalog.Info, options config) {
	for _, key := range slices.Sorted(maps.Keys(options)) {
		v := options[key]
		if now, ok := renamedOptions[info.Name+" "+key]; ok {
			key = now
		}
		if text, ok := v.(string); ok && key == "activation" && renamedActivations[text] != "" {
			v = renamedActivations[text]
		}
		if v == nil || key == "name" {
			continue
		}
		i := slices.IndexFunc(info.Fields, func(f *catalog.Field) bool { return f.Name == key })
		if i < 0 {
			r.other(l, info.Name, key, v)
			continue
		}
		n, err := r.value(l, info.Fields[i], v)
		switch {
		case err != nil:
			r.fault(l, "%s: %v", key, err)
		case n != nil:
			to.Content = append(to.Content, spec.Scalar(key), n)
		}
	}
}

// value returns the value of an option as YAML, nil if it is omitted.
func (r *specReader) value(l *kerasLayer, f *catalog.Field, v any) (*yaml.Node, error) {
	c := f.Things()
	if c == nil {
		return node(v)
	}
	class, options, ok := thing(v)
	if text, isText := v.(string); isText { // "zeros", or "Zeros"
		class, ok = text, true
	}
	if now := variance(class, options); now != "" {
		class, options = now, nil
	}
	if options["distribution"] == "normal" { // Keras takes it for this one
		options = maps.Clone(options)
		options["distribution"] = "truncated_normal"
	}
	name, known := byClass(c, class)
	inner := mapping()
	if ok && known {
		so := r.faults
		r.faults = nil
		r.setOptions(l, inner, c.Info(name), options)
		known, r.faults = r.faults == nil, so
	}
	if !ok || !known {
		// The initializer and the regularizer of a weight do not matter once its values are
		// known.
		text, _ := json.Marshal(v)
		if class != "" {
			text = []byte(class)
		}
		r.note(fmt.Sprintf("%s is left out, which matters to training alone; there is no %s %s here", f.Name, c.Kind(), short(text)), l.name)
		return nil, nil
	}
	if len(inner.Content) == 0 {
		return spec.Scalar(name), nil
	}
	return mapping(spec.Scalar(name), inner), nil
}

// short truncates a long text.
func short(text []byte) string {
	const most = 60
	if len(text) > most {
		return string(text[:most]) + "…"
	}
	return string(text)
}

// node converts a JSON value to YAML.
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
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("cannot be %s here", short(text))
}

func mapping(content ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.MappingNode, Style: yaml.FlowStyle, Content: content}
}

// other handles an option that we do not have: it agrees with our behaviour, or it matters
// only for training, or it is a fault.
func (r *specReader) other(l *kerasLayer, thing, key string, v any) {
	encoded, err := json.Marshal(v)
	if err != nil {
		r.fault(l, "%s: %v", key, err)
		return
	}
	text := string(encoded)
	allowed, known := others[thing+" "+key]
	if !known {
		allowed, known = others[key]
	}
	switch {
	case known && (allowed == nil || slices.Contains(allowed, text)):
	case key == "axis" && r.isLastAxis(v):
	case key == "dtype":
		r.checkType(l, v)
	case key == "seed":
		r.note("its own seed is left out; train.seed decides all that is random", l.name)
	case strings.HasSuffix(key, "_constraint"), key == "activity_regularizer", key == "noise_shape":
		class, _, _ := thingOf(v)
		r.note(fmt.Sprintf("%s %s is left out, which matters to training alone", key, class), l.name)
	case key == "data_format":
		r.fault(l, "data_format is %s, and here channels are the last axis; build the model with channels_last", text)
	default:
		r.fault(l, "%s has no option %s here, and it is %s", thing, key, short(encoded))
	}
}

// thingOf is thing, simplified to a name if that is sufficient.
func thingOf(v any) (class string, options config, ok bool) {
	if text, isText := v.(string); isText {
		return text, nil, true
	}
	return thing(v)
}

// isLastAxis reports whether v, a number or a list of one, is the channel axis of the
// layer's input. The batch is axis 0.
func (r *specReader) isLastAxis(v any) bool {
	if list, ok := v.([]any); ok && len(list) == 1 {
		v = list[0]
	}
	n, _ := v.(json.Number)
	axis, err := n.Int64()
	return err == nil && (axis == -1 || r.shape == nil || int(axis) == len(r.shape))
}

// checkType checks the dtype of a layer.
func (r *specReader) checkType(l *kerasLayer, v any) {
	class, options, ok := thing(v)
	if ok { // a DTypePolicy, or a Policy of Keras 2
		v = options["name"]
	}
	name, _ := v.(string)
	switch {
	case strings.Contains(class, "Quantized") || strings.HasPrefix(name, "int") || strings.Contains(name, "float8"):
		r.fault(l, "its weights are quantized (%v), and all is float32 here", v)
	case name != "float32":
		r.note(fmt.Sprintf("computes in %s in Keras and in float32 here, so probabilities may differ a little", name), l.name)
	}
}

// byClass finds the entry for a class of Keras.
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
		if class := c.Info(name).Keras; class != "" && name != "local_response_normalization" && !slices.Contains(list, class) {
			list = append(list, class)
		}
	}
	return list
}
