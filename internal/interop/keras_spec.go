package interop

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"cnntrain/internal/builder/layer"
	"cnntrain/internal/spec"

	"gopkg.in/yaml.v3"
)

// A KerasSpec is the spec of a Keras model.
type KerasSpec struct {
	Name   string
	Input  []int
	Layers []*spec.Item
	Notes  []string // what was omitted or changed

	train   *yaml.Node // the compile arguments, nil if unknown
	origins []origin   // of Layers
}

// An origin is the Keras layer behind a layer; the zero value is for one added here.
type origin struct {
	kerasLayer
	own []layer.Weight // nil if the file has none, or if an earlier layer was not understood
}

// A specReader converts a chain to a spec.
type specReader struct {
	*KerasSpec
	faults  faults
	notes   map[string][]string // the layers of each note
	labels  map[string]bool
	counts  map[string]int // the default labels that are used
	copies  map[string]int // the labels taken over from Keras
	unknown bool           // whether a class was unknown

	layerOutput               // what the next layer reads
	with        []layerOutput // further inputs of the next layer
}

// readKerasConfig reads the JSON of a model and of its compile arguments, which is nil if
// there are none. The error contains all reasons why it cannot be imported.
func readKerasConfig(text, training []byte) (*KerasSpec, error) {
	r, err := readLayers(text)
	if err != nil {
		return nil, err
	}
	var notes []string
	if training != nil {
		r.train, notes = readTraining(training)
	}
	r.finish(usesLogits(training), decides(r.loss()))
	for _, text := range slices.Sorted(maps.Keys(r.notes)) {
		r.Notes = append(r.Notes, strings.Join(r.notes[text], ", ")+": "+text)
	}
	r.Notes = append(r.Notes, notes...)
	r.fitLoss()
	return r.KerasSpec, r.faults.err()
}

// readLayers reads the layers of a model, for any purpose.
func readLayers(text []byte) (*specReader, error) {
	c, err := readChain(text)
	if err != nil {
		return nil, err
	}
	r := &specReader{
		KerasSpec: &KerasSpec{Name: c.name}, faults: c.faults, layerOutput: layerOutput{at: spec.Images},
		notes: map[string][]string{}, labels: map[string]bool{}, counts: map[string]int{}, copies: map[string]int{},
	}
	if c.name != "" && !spec.NamesFolder(c.name) {
		r.Name = spec.NameOf(strings.ReplaceAll(c.name, "/", "-") + ".keras")
		r.note(renamed, c.name+" to "+r.Name)
	}
	images := r.layerOutput
	values := make([]layerOutput, len(c.layers))
	for i, l := range c.layers {
		if l.skipped {
			continue
		}
		var inputs []layerOutput
		for _, in := range l.inputs {
			if in == spec.Images {
				inputs = append(inputs, images)
			} else {
				inputs = append(inputs, values[in])
			}
		}
		r.layerOutput, r.with = inputs[0], inputs[1:]
		if l.class != "InputLayer" && r.shape == nil && len(r.Layers) == 0 {
			r.input(l.config["batch_input_shape"], l.config["batch_shape"], c.input)
		}
		r.add(l)
		if values[i] = r.layerOutput; len(r.Layers) == 0 {
			images = r.layerOutput
		}
	}
	r.arrange()
	r.at = len(r.Layers) - 1
	return r, nil
}

// A layerOutput is the output of a layer.
type layerOutput struct {
	at       int         // index of the layer; spec.Images is the images
	shape    layer.Shape // of one example; nil: unknown
	function string      // the last activation on the way to it
	bare     bool        // Keras has it without the channel that images have here
}

// alongLastAxis lists the layers, other than those that need maps, that do not treat each value by
// itself, or that have a weight for each channel.
var alongLastAxis = []string{"batch_normalization", "concatenate", "group_normalization", "layer_normalization", "unit_normalization"}

// renamed is the note about changed names.
const renamed = "names are changed, which have other characters here, or are another layer's already"

// note adds a note about a layer.
func (r *specReader) note(text, layer string) { r.notes[text] = append(r.notes[text], layer) }

// fault adds a fault of a layer.
func (r *specReader) fault(l *kerasLayer, format string, args ...any) {
	r.faults.of(l, fmt.Sprintf(format, args...))
}

// add appends a layer.
func (r *specReader) add(l kerasLayer) {
	if l.class == "InputLayer" {
		if len(r.Layers) == 0 && r.shape == nil {
			r.input(l.config["batch_shape"], l.config["batch_input_shape"])
		}
		return
	}
	if l.custom == "" && r.leave(&l) {
		return
	}
	switch {
	case isSwap(&l):
		l.class, l.config = swapLayer, config{}
	case reverses(&l):
		r.note("is "+swapLayer+" here ("+l.class+")", l.name)
		l.class, l.config = swapLayer, config{}
	case l.class == swapLayer:
		r.note("is "+swapLayer+" here (Stack)", l.name)
	}
	r.merges(&l)
	r.pointwise(&l)
	r.oneMean(&l)
	name, ok := byClass(layer.Layers, l.class)
	if l.operation && l.class == "Average" {
		ok = false // keras.ops.average, whose second tensor is of weights
	}
	if !ok || l.custom != "" || name == "local_response_normalization" && !l.ours {
		r.fault(&l, "there is no such layer here%s", advice(&l))
		r.unknown = r.unknown || advice(&l) == ""
		r.shape = nil
		return
	}
	if merges := spec.Merges(name); merges != (len(r.with) > 0) {
		if merges && l.operation {
			r.fault(&l, "there is no such layer here%s", advice(&l))
		} else if merges {
			r.fault(&l, "it takes one input, and merges nothing")
		} else {
			r.fault(&l, "it takes %d inputs", len(r.with)+1)
		}
		r.shape = nil
		return
	}
	after := r.splitActivation(&l)
	it := &spec.Item{Name: name, Options: mapping()}
	r.checkCalls(&l)
	so := r.faults // names of other layers
	r.faults = nil
	if spec.Merges(name) && l.config != nil { // in a spec it would be that of the layers in its paths
		l.config = maps.Clone(l.config)
		delete(l.config, "trainable")
	}
	r.setOptions(&l, it.Options, layer.Layers.Info(name), l.config)
	decoded, errs := decode(it)
	for _, err := range errs {
		r.fault(&l, "%s", err)
	}
	own := r.faults
	r.faults = so
	for _, f := range own {
		if trainsAlone(name) {
			r.note("left out, since it acts in training alone, and not as here: "+f.text, l.name)
		} else {
			r.fault(&l, "%s", f.text)
		}
	}
	if len(own) > 0 {
		if !trainsAlone(name) {
			r.shape = nil
		}
		return
	}
	r.append(it, decoded, &l)
	if after != nil {
		r.add(*after)
	}
}

// append appends a decoded layer, its label and its weights.
func (r *specReader) append(it *spec.Item, decoded layer.Layer, l *kerasLayer) {
	if r.Input == nil {
		r.Input = r.shape
	}
	r.label(it, l)
	o := origin{kerasLayer: *l}
	it.Inputs = []int{r.at}
	shapes := []layer.Shape{r.shape}
	for _, v := range r.with {
		it.Inputs, shapes = append(it.Inputs, v.at), append(shapes, v.shape)
	}
	r.with = nil
	if !slices.ContainsFunc(shapes, func(s layer.Shape) bool { return s == nil || slices.Contains(s, 0) }) {
		out, err := outShape(decoded, shapes)
		if r.shape = out; err != nil {
			r.fault(l, "%v", err)
			r.shape = nil
		} else if !l.swaps() {
			o.own = decoded.Weights(shapes[0])
		}
	} else {
		r.shape = nil
	}
	if l.shared && len(o.own) > 0 {
		r.fault(l, "it is called several times, with the same weights; here each layer has its own")
	}
	if it.Name == "random_crop" && !slices.Equal(shapes[0], r.shape) {
		r.note("crops and resizes in inference here, as in Keras 2; Keras 3 (to 3.15) leaves images as they are there, so predictions differ", l.name)
	}
	f := layer.Function(it.Name, it.Thing("activation"))
	if f != "" {
		r.function = f
	}
	if r.bare && (f == "softmax" || slices.Contains(alongLastAxis, it.Name)) {
		r.fault(l, "it acts along the width of images without channels, and along their one channel here; put Flatten or Reshape in front of it in Keras")
	}
	r.bare = r.bare && it.Name != "flatten" && it.Name != "reshape"
	r.at = len(r.Layers)
	r.Layers = append(r.Layers, it)
	r.origins = append(r.origins, o)
}

// outShape returns the shape of the output of a layer.
func outShape(l layer.Layer, in []layer.Shape) (layer.Shape, error) {
	if m, ok := layer.As[layer.Merger](l); ok {
		return m.MergeShape(in)
	}
	return l.Shape(in[0])
}

// notInLabel matches characters that labels here cannot contain.
var notInLabel = regexp.MustCompile(`[^A-Za-z0-9_-]`)

// label chooses the label of a layer: the name in Keras if it is valid and unused, else a
// similar one. It is written in the spec only if it is not the default label.
func (r *specReader) label(it *spec.Item, l *kerasLayer) {
	automatic := func() string {
		if n := r.counts[it.Name]; n > 0 {
			return fmt.Sprintf("%s_%d", it.Name, n)
		}
		return it.Name
	}
	for r.labels[automatic()] {
		r.counts[it.Name]++
	}
	name := notInLabel.ReplaceAllString(l.name, "_")
	if name == "" {
		name = automatic()
	}
	if r.labels[name] && len(l.within) > 0 {
		name = notInLabel.ReplaceAllString(strings.Join(l.within, "_"), "_") + "_" + name
	}
	for base := name; r.labels[name]; {
		r.copies[base]++
		name = fmt.Sprintf("%s_%d", base, r.copies[base])
	}
	if name != l.name && l.class != "" {
		r.note(renamed, l.name+" to "+name)
	}
	if it.Label = name; name == automatic() {
		r.counts[it.Name]++
	} else {
		it.Options.Content = append(it.Options.Content, spec.Scalar("name"), spec.Scalar(name))
	}
	r.labels[name] = true
}

// checkCalls checks the call arguments of a layer and of the models it is nested in.
func (r *specReader) checkCalls(l *kerasLayer) {
	for _, call := range l.called {
		switch call["training"] {
		case true:
			r.fault(l, "it is called with training=True, so that it acts in use as in training, which no layer does here")
		case false:
			if l.class == "BatchNormalization" && l.config["trainable"] != false {
				r.note("is called with training=False in Keras, so that its averages stay as they are; set trainable: false to train it so here", l.name)
			}
		}
	}
}

// decode decodes a copy of the item, so that errors name the layer rather than a line of a
// generated document.
func decode(it *spec.Item) (l layer.Layer, errs []string) {
	var problems spec.Problems
	alone := *it
	l, _ = layer.Layers.Decode(&alone, &problems)
	it.Resolved = alone.Resolved
	var invalid spec.Invalid
	errors.As(problems.Err(), &invalid)
	for _, p := range invalid {
		errs = append(errs, strings.TrimPrefix(p.Message, it.Name+": "))
	}
	return l, errs
}

// Document returns the spec as YAML, without the data section, about which Keras files say
// nothing.
func (k *KerasSpec) Document() ([]byte, error) {
	input := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for _, d := range k.Input {
		input.Content = append(input.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: fmt.Sprint(d)})
	}
	layers := k.nodes()
	doc := &yaml.Node{Kind: yaml.MappingNode}
	if k.Name != "" {
		doc.Content = append(doc.Content, spec.Scalar("name"), spec.Scalar(k.Name))
	}
	doc.Content = append(doc.Content, spec.Scalar("input"), input, spec.Scalar("layers"), layers)
	if k.train != nil {
		doc.Content = append(doc.Content, spec.Scalar("train"), k.train)
	}
	return yaml.Marshal(doc)
}
