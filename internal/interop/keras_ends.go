package interop

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"cnntrain/internal/builder/layer"
	"cnntrain/internal/builder/loss"
	"cnntrain/internal/spec"

	"gopkg.in/yaml.v3"
)

// The input and the output of a model.

// input returns the shape of an image from the first batch shape that is one. Height and
// width alone are an image of one channel.
func (r *specReader) input(shapes ...any) {
	for _, shape := range shapes {
		dims := dimensions(shape)
		if len(dims) < 2 {
			continue
		}
		for i := range dims {
			dims[i] = max(0, dims[i])
		}
		if r.shape = dims[1:]; len(r.shape) == 2 {
			r.bare = true
			r.shape = append(slices.Clone(r.shape), 1)
			r.note("its images have a height and a width, and one channel here", "input")
		}
		return
	}
}

// dimensions reads a shape; 0 stands for an unknown dimension.
func dimensions(v any) (shape layer.Shape) {
	list, _ := v.([]any)
	for _, item := range list {
		n, _ := item.(json.Number)
		d, _ := n.Int64()
		if d > maxDimension {
			return nil
		}
		shape = append(shape, int(d))
	}
	return shape
}

// maxDimension prevents the product of three sizes from overflowing.
const maxDimension = 1 << 20

// Rescaled reports whether the model rescales pixels before its first weights.
func (k *KerasSpec) Rescaled() bool {
	for i, it := range k.Layers {
		if it.Name == "rescaling" || it.Name == "normalization" {
			return true
		}
		if len(k.origins[i].own) > 0 {
			break
		}
	}
	return false
}

// Rescale adds a rescaling layer at the start: SCALE, or SCALE,OFFSET. It returns an error
// if these are not numbers.
func (k *KerasSpec) Rescale(by string) error {
	scale, offset, has := strings.Cut(by, ",")
	options := mapping(spec.Scalar("scale"), &yaml.Node{Kind: yaml.ScalarNode, Value: scale})
	if has {
		options.Content = append(options.Content, spec.Scalar("offset"), &yaml.Node{Kind: yaml.ScalarNode, Value: strings.TrimSpace(offset)})
	}
	options.Content = append(options.Content, spec.Scalar("name"), spec.Scalar(k.freeLabel("pixels")))
	it := &spec.Item{Name: "rescaling", Options: options}
	if _, errs := decode(it); errs != nil {
		return errors.New(strings.Join(errs, "; "))
	}
	for _, l := range k.Layers {
		for i := range l.Inputs {
			l.Inputs[i]++ // the images are those behind the layer
		}
	}
	it.Inputs = []int{spec.Images}
	k.Layers = slices.Insert(k.Layers, 0, it)
	k.origins = slices.Insert(k.origins, 0, origin{})
	return nil
}

// freeLabel returns an unused label.
func (k *KerasSpec) freeLabel(label string) string {
	for slices.ContainsFunc(k.Layers, func(it *spec.Item) bool { return it.Label == label }) {
		label += "_"
	}
	return label
}

// loss returns the name of the loss of the train section, "" if there is none.
func (r *specReader) loss() string {
	switch n := r.lossNode(); {
	case n == nil:
		return ""
	case n.Kind == yaml.MappingNode:
		return n.Content[0].Value
	default:
		return n.Value
	}
}

func (r *specReader) lossNode() *yaml.Node {
	if r.train == nil {
		return nil
	}
	for i := 0; i+1 < len(r.train.Content); i += 2 {
		if r.train.Content[i].Value == "loss" {
			return r.train.Content[i+1]
		}
	}
	return nil
}

// decides reports whether a loss is of decisions, which sigmoids make.
func decides(name string) bool {
	return loss.Losses.Has(name) && loss.Losses.Default(name).Output() == "sigmoid"
}

// fitLoss replaces a loss that is not one for the outputs of the model.
func (r *specReader) fitLoss() {
	was := r.loss()
	name := "categorical_crossentropy"
	if r.function == "sigmoid" {
		name = "binary_crossentropy"
	}
	if decides(was) == decides(name) {
		return
	}
	if was != "" {
		r.Notes = append(r.Notes, "loss "+was+": is not one for "+r.function+" here; training would go on with "+name)
		*r.lossNode() = *spec.Scalar(name)
		return
	}
	if r.train == nil {
		r.train = mapping()
		r.train.Style = 0
	}
	r.train.Content = append(r.train.Content, spec.Scalar("loss"), spec.Scalar(name))
}

// finish completes the layers to a classifier, or reports why that is impossible. logits and decisions
// say that its loss takes logits, and that it is one of decisions.
func (r *specReader) finish(logits, decisions bool) {
	if r.unknown {
		known := slices.AppendSeq(classes(layer.Layers), maps.Keys(leftOut))
		slices.Sort(known)
		r.faults.add("layers that can be imported: %s", strings.Join(known, ", "))
	}
	switch {
	case len(r.faults) > 0:
		return
	case len(r.Input) != 3 || slices.Contains(r.Input, 0):
		r.faults.add("the model has no input of a fixed height, width and channels; start it with keras.Input((height, width, channels))")
		return
	case len(r.shape) != 1:
		r.faults.add("the model ends in %v values; a classifier ends in one value a class, as Flatten and Dense make them", r.shape)
		return
	}
	switch f := r.function; {
	case f == "softmax":
		if logits {
			r.note("its loss takes them for logits (from_logits=True), although they have been through softmax; here the loss takes probabilities", "outputs")
		}
	case f == "sigmoid":
		if logits {
			r.note("its loss takes them for logits (from_logits=True), although they have been through sigmoid; here the loss takes probabilities", "outputs")
		}
	case r.shape[0] == 1 && !decisions:
		r.faults.add("the model ends in one value without an activation, which is no classifier")
	case f == "linear" || f == "" || logits:
		it, added := &spec.Item{Name: "softmax", Options: mapping()}, "softmax"
		if decisions {
			it, added = &spec.Item{Name: "activation", Options: mapping(spec.Scalar("activation"), spec.Scalar("sigmoid"))}, "sigmoid"
		}
		decoded, _ := decode(it)
		r.append(it, decoded, &kerasLayer{})
		r.function = added
		how := "its outputs have no activation"
		if logits {
			how = "its loss takes them for logits, from_logits=True"
		}
		r.note("are probabilities here: "+added+" is added, since "+how, "outputs")
	default:
		r.faults.add(`the model ends in the activation %s, which makes no probabilities; end it in Dense(%d, activation="softmax"), in sigmoid, or without an activation`, f, r.shape[0])
	}
}

// usesLogits reports whether the loss of a training config has from_logits.
func usesLogits(training []byte) bool {
	var v any
	if json.Unmarshal(training, &v) != nil {
		return false
	}
	var find func(v any) bool
	find = func(v any) bool {
		switch v := v.(type) {
		case []any:
			return slices.ContainsFunc(v, find)
		case map[string]any:
			if v["from_logits"] == true {
				return true
			}
			for _, item := range v {
				if find(item) {
					return true
				}
			}
		}
		return false
	}
	o, _ := v.(map[string]any)
	return find(o["loss"])
}
