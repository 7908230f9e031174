package interop

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// Operations on tensors stand in functional models in place of layers: x / 127.5 - 1, and all that
// preprocess_input of keras.applications does. Keras 3 has a class for each; Keras 2 names it in the
// options of a TFOpLambda.

// isOperation reports whether a layer in Keras's JSON is an operation, which has no options but its
// own. Layers have trainable.
func isOperation(member any) bool {
	class, options, _ := thing(member)
	if class == "TFOpLambda" || class == "SlicingOpLambda" {
		return true
	}
	o, _ := member.(map[string]any)
	if module, ok := o["module"].(string); ok {
		return strings.HasPrefix(module, "keras.src.ops.") || strings.HasPrefix(module, "keras.ops.")
	}
	nodes, _ := o["inbound_nodes"].([]any)
	if len(nodes) == 0 {
		return false
	}
	_, keras3 := nodes[0].(map[string]any)
	_, trainable := options["trainable"]
	return keras3 && !trainable
}

// arguments returns the arguments of the only call of a layer, in order and by name. In Keras 2 the
// first two of an operation are also in order.
func arguments(member any) (list []any, named config) {
	o, _ := member.(map[string]any)
	nodes, _ := o["inbound_nodes"].([]any)
	if len(nodes) != 1 {
		return nil, nil
	}
	if node, ok := nodes[0].(map[string]any); ok { // of Keras 3
		list, _ = node["args"].([]any)
		named, _ = node["kwargs"].(map[string]any)
		return list, named
	}
	node, _ := nodes[0].([]any)
	name, ok := reference(node)
	if !ok || len(node) < 4 {
		return nil, nil
	}
	named, _ = node[3].(map[string]any)
	if list = []any{name}; name == constant {
		list[0] = node[2]
	}
	return append(list, cmp.Or(named["y"], named["bias"])), named
}

// function returns what an operation is called in Keras 3, in lower case.
func (l *kerasLayer) function() string {
	if l.class != "TFOpLambda" {
		return strings.ToLower(l.class)
	}
	f, _ := l.config["function"].(string)
	f = f[strings.LastIndexByte(f, '.')+1:]
	return cmp.Or(map[string]string{"truediv": "truedivide", "divide": "truedivide", "bias_add": "add", "reverse": "flip"}[f], f)
}

func number(v any) (float64, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	f, err := n.Float64()
	return f, err == nil
}

// numbers returns the values of a constant that is a number or has one for each channel:
// [[[[1, 2, 3]]]].
func numbers(v any) (list []float64, ok bool) {
	if class, options, ok := thing(v); ok && (class == "__tensor__" || class == "__numpy__") {
		v = options["value"]
	}
	if n, ok := number(v); ok {
		return []float64{n}, true
	}
	items, _ := v.([]any)
	if len(items) == 1 {
		return numbers(items[0])
	}
	for _, item := range items {
		n, ok := number(item)
		if !ok {
			return nil, false
		}
		list = append(list, n)
	}
	return list, len(list) > 0
}

// affine returns the factors and summands of an operation with a constant, x / 255 or x - mean, and
// of a Rescaling that has one for each channel.
func affine(l *kerasLayer) (scale, offset []float64, ok bool) {
	if l.class == "Rescaling" {
		scale, _ = numbers(l.config["scale"])
		offset, _ = numbers(l.config["offset"])
		n := max(len(scale), len(offset))
		if n < 2 || len(scale) == 0 || len(offset) == 0 {
			return nil, nil, false
		}
		if len(scale) == 1 {
			scale = slices.Repeat(scale, n)
		}
		if len(offset) == 1 {
			offset = slices.Repeat(offset, n)
		}
		return scale, offset, len(scale) == len(offset)
	}
	if len(l.operands) < 2 {
		return nil, nil, false
	}
	c, isFirst := numbers(l.operands[0])
	second, isSecond := numbers(l.operands[1])
	if isFirst == isSecond { // no constant, or other arguments
		return nil, nil, false
	}
	if isSecond {
		c = second
	}
	each := func(of func(c float64) float64) (list []float64) {
		for _, c := range c {
			list = append(list, of(c))
		}
		return list
	}
	always := func(v float64) []float64 { return slices.Repeat([]float64{v}, len(c)) }
	switch f := l.function(); {
	case f == "add":
		return always(1), c, true
	case f == "multiply":
		return c, always(0), true
	case f == "subtract" && isFirst:
		return always(-1), c, true
	case f == "subtract":
		return always(1), each(func(c float64) float64 { return -c }), true
	case f == "truedivide" && isSecond && !slices.Contains(c, 0):
		return each(func(c float64) float64 { return 1 / c }), always(0), true
	}
	return nil, nil, false
}

// rescaled returns the layer of Keras that computes x·scale + offset. ok is false if there is none.
func rescaled(scale, offset []float64) (class string, options config, ok bool) {
	if len(scale) == 1 {
		return "Rescaling", config{"scale": text(scale[0]), "offset": text(offset[0])}, true
	}
	var mean, variance []any
	for i, s := range scale {
		if s <= 0 || s > 1e6 { // no standard deviation, or one that Normalization takes for zero
			return "", nil, false
		}
		deviation, _ := text32(1 / s).Float64()
		mean, variance = append(mean, text32(0-offset[i]/s)), append(variance, text32(deviation*deviation))
	}
	return "Normalization", config{"mean": mean, "variance": variance}, true
}

func text(v float64) json.Number { return json.Number(strconv.FormatFloat(v, 'g', -1, 64)) }

// text32 writes a float32 as people did: 0.485, not 0.48500001430511475.
func text32(v float64) json.Number { return json.Number(strconv.FormatFloat(v, 'g', -1, 32)) }

// casts reports whether l converts its input to the type that all values have here.
func casts(l *kerasLayer) bool {
	to := l.named["dtype"]
	if l.class != "TFOpLambda" {
		to = l.config["dtype"]
	}
	return l.operation && l.function() == "cast" && to == "float32"
}

// swapLayer is our layer that reverses the channels of an image.
const swapLayer = "rgb_to_bgr"

// swaps reports whether l is an operation that is this layer here.
func (l *kerasLayer) swaps() bool { return l.class == swapLayer && l.operation }

// reverses reports whether l is x[..., ::-1] or a flip of the last axis.
func reverses(l *kerasLayer) bool {
	if l.function() == "flip" && l.operation {
		axis, ok := numbers(l.config["axis"])
		if l.class == "TFOpLambda" {
			axis, ok = numbers(l.named["axis"])
		}
		return ok && len(axis) == 1 && (axis[0] == -1 || axis[0] == 3)
	}
	of, ok := ofChannels(l)
	return ok && isSlice(of, json.Number("-1"))
}

// channel returns c for x[..., c].
func channel(l *kerasLayer) (c int, ok bool) {
	of, ok := ofChannels(l)
	n, isNumber := number(of)
	return int(n), ok && isNumber
}

// ofChannels returns the index of the last axis if l takes part of that axis alone: i in x[..., i] or
// x[:, :, :, i].
func ofChannels(l *kerasLayer) (index any, ok bool) {
	var list []any
	switch {
	case l.class == "SlicingOpLambda":
		list, _ = l.named["slice_spec"].([]any)
	case l.class == "GetItem" && len(l.operands) == 2:
		list, _ = l.operands[1].([]any)
	}
	if len(list) == 0 {
		return nil, false
	}
	before, last := list[:len(list)-1], list[len(list)-1]
	if len(before) == 1 {
		o, _ := before[0].(map[string]any)
		return last, o["class_name"] == "__ellipsis__"
	}
	return last, len(before) == 3 && !slices.ContainsFunc(before, func(v any) bool { return !isSlice(v, nil) })
}

// isSlice reports whether v is a slice of everything with a step: `::-1`.
func isSlice(v, step any) bool {
	o, _ := v.(map[string]any)
	if class, options, ok := thing(v); ok && class == "__slice__" {
		o = options
	}
	_, has := o["step"]
	return has && o["start"] == nil && o["stop"] == nil && o["step"] == step
}

// restack replaces a Stack of the three channels of an image, as preprocess_input of Keras 3 reverses
// them, by one layer.
func (c *chain) restack() {
	readers := make([]int, len(c.layers))
	for _, l := range c.layers {
		for _, in := range l.inputs {
			if in >= 0 {
				readers[in]++
			}
		}
	}
	for i := range c.layers {
		l := &c.layers[i]
		axis, _ := number(l.config["axis"])
		if l.class != "Stack" || !l.operation || axis != -1 && axis != 3 || len(l.inputs) != 3 {
			continue
		}
		alone := true
		for j, in := range l.inputs {
			if in < 0 {
				alone = false
				break
			}
			from := c.layers[in]
			n, ok := channel(&from)
			if n < 0 {
				n += 3
			}
			alone = alone && ok && n == 2-j && readers[in] == 1 && from.inputs[0] == c.layers[l.inputs[0]].inputs[0]
		}
		if alone {
			for _, in := range l.inputs {
				c.layers[in].skipped = true
			}
			l.class, l.config, l.inputs = swapLayer, config{}, c.layers[l.inputs[0]].inputs
		}
	}
}

// operations is the layers that functions of two tensors in Keras 2 are.
var operations = map[string]string{
	"__operators__.add": "Add", "math.add": "Add", "add": "Add",
	"math.multiply": "Multiply", "multiply": "Multiply",
	"math.subtract": "Subtract", "subtract": "Subtract", "__operators__.subtract": "Subtract",
	"math.maximum": "Maximum", "math.minimum": "Minimum", "maximum": "Maximum", "minimum": "Minimum",
}

// merges replaces a function of two tensors by the layer that it is.
func (r *specReader) merges(l *kerasLayer) {
	f, _ := l.config["function"].(string)
	if class := operations[f]; l.class == "TFOpLambda" && class != "" && len(r.with) > 0 {
		l.class, l.config = class, config{}
	}
}
