package interop

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"cnntrain/internal/builder/layer"
	"cnntrain/internal/spec"
)

// leave reports whether a layer is omitted or replaced, and notes it.
func (r *specReader) leave(l *kerasLayer) bool {
	if why := leftOut[l.class]; why != "" {
		r.note(why+" ("+l.class+")", l.name)
		r.checkCalls(l)
		return true
	}
	if scale, offset, ok := affine(l); ok {
		if class, by, ok := rescaled(scale, offset); ok {
			r.note("is "+strings.ToLower(class)+" here ("+l.class+")", l.name)
			r.add(kerasLayer{class: class, name: l.name, config: by, within: l.within})
			return true
		}
	}
	if casts(l) {
		r.note(doesNot+" ("+l.class+")", l.name)
		return true
	}
	switch l.class {
	case "Reshape":
		return r.reshape(l, dimensions(l.config["target_shape"]))
	case "CustomScaleLayer":
		return r.scaledAdd(l)
	case "Resizing":
		size := dimensions([]any{l.config["height"], l.config["width"]})
		if len(r.shape) == 3 && slices.Equal(size, r.shape[:2]) {
			r.note(doesNot+" (Resizing to the size of its input)", l.name)
			return true
		}
	}
	return false
}

// scaledAdd replaces the layer of keras.applications' InceptionResNetV2 that adds its second
// input, times a constant, to the first: x + scale·y. It reports whether it did.
func (r *specReader) scaledAdd(l *kerasLayer) bool {
	scale, ok := number(l.config["scale"])
	if !ok || len(r.with) != 1 {
		return false
	}
	to := r.layerOutput
	r.layerOutput, r.with = r.with[0], nil
	if scale != 1 {
		r.add(kerasLayer{class: "Rescaling", name: l.name + "_scale", config: config{"scale": text(scale)}, within: l.within})
	}
	r.layerOutput, r.with = to, []layerOutput{r.layerOutput}
	r.note("is rescaling and add here ("+l.class+")", l.name)
	r.add(kerasLayer{class: "Add", name: l.name, config: config{}, within: l.within})
	return true
}

// pointwise replaces a Dense on a map, which it applies to the last axis, by the equivalent
// 1x1 convolution. The last axis of a bare one is not the channels.
func (r *specReader) pointwise(l *kerasLayer) {
	if l.class != "Dense" || len(r.shape) != 3 || r.bare {
		return
	}
	r.note("is a convolution of 1x1 here, since it gets a map (Dense)", l.name)
	l.config = maps.Clone(l.config)
	l.config["filters"], l.config["kernel_size"] = l.config["units"], json.Number("1")
	delete(l.config, "units")
	l.class = "Conv2D"
}

// oneMean removes the axis of a Normalization without one, whose mean is one number for all channels,
// as it may be here.
func (r *specReader) oneMean(l *kerasLayer) {
	axis, has := l.config["axis"]
	if list, isList := axis.([]any); l.class != "Normalization" || !has || axis != nil && (!isList || len(list) > 0) {
		return
	}
	l.config = maps.Clone(l.config)
	delete(l.config, "axis")
	if l.config["mean"] == nil {
		r.fault(l, "with axis=None its mean is one number for all channels, and here each channel has its own; build it as Normalization(axis=None, mean=float(layer.mean), variance=float(layer.variance))")
	}
}

// reshape replaces a Reshape that is the identity, that makes an image of the input, or that
// flattens a map, and reports whether it did.
func (r *specReader) reshape(l *kerasLayer, to layer.Shape) bool {
	if r.shape == nil || slices.Contains(r.shape, 0) {
		return true // an earlier layer is invalid
	}
	r.bare = false // it gives all axes
	have := r.shape.Size()
	if i := slices.Index(to, -1); i >= 0 {
		if rest := -to.Size(); rest > 0 {
			to[i] = have / rest
		}
	}
	switch {
	case to.Size() != have || len(to) == 0:
		r.fault(l, "%v values cannot take the shape %v", r.shape, l.config["target_shape"])
	case slices.Equal(to, r.shape):
		r.note(doesNot+" (Reshape to the shape it has)", l.name)
	case len(r.Layers) == 0 && len(to) == 3 && len(r.shape) < 3:
		r.note(fmt.Sprintf("left out, since images have the shape %v here that it gives them (Reshape)", to), l.name)
		r.shape = to
	case len(to) == 1:
		r.note("is flatten here (Reshape)", l.name)
		it := &spec.Item{Name: "flatten", Options: mapping()}
		decoded, _ := decode(it)
		r.append(it, decoded, l)
	default:
		return false
	}
	return true
}

// splitActivation removes an activation that is a layer object from the options of l, and
// returns that layer: Dense(10, activation=LeakyReLU(0.1)).
func (r *specReader) splitActivation(l *kerasLayer) *kerasLayer {
	class, options, ok := thing(l.config["activation"])
	if !ok {
		return nil
	}
	if name, known := byClass(layer.Layers, class); !known || layer.Function(name, "") == "" && name != "activation" {
		return nil
	}
	l.config = maps.Clone(l.config)
	l.config["activation"] = "linear"
	name, _ := options["name"].(string)
	if name == "" || name == l.name {
		name = l.name + "_activation"
	}
	r.note("its activation is a layer of its own here ("+class+")", l.name)
	return &kerasLayer{class: class, name: name, config: options, within: l.within}
}
