package builder

import (
	"math"
	"slices"
	"strings"

	"cnntrain/internal/builder/layer"
	"cnntrain/internal/builder/loss"
	"cnntrain/internal/catalog"
	"cnntrain/internal/spec"
)

// A Plan is a model without a graph: its layers with shapes and weights.
type Plan struct {
	Name   string
	Input  layer.Shape // of one example, [H W C]
	Layers []Layer
	Loss   loss.Loss

	Convolution string // auto or direct

	// Complete says that every layer was decoded and accepts the output of the previous
	// one.
	Complete    bool
	classWeight catalog.Numbers // as given in the spec
	weights     []float32       // weight of an example's loss in training, by class; nil: all 1
	truths      [][]bool        // by label: which classes are true
	freeze      freezing
	copies      int // augment_copies
	copiesField *catalog.Field
	tuning      *tuning // nil: one phase
}

// A Layer is one layer of a Plan.
type Layer struct {
	layer.Layer
	Label string // unique in the plan: conv2d, conv2d_1
	Type  string // Keras's class: Conv2D
	Pos   spec.Pos
	In    layer.Shape // of its first input
	Out   layer.Shape
	// Inputs is the layers that it reads, by index in Plan.Layers; spec.Images is the images.
	// Only merging layers have several.
	Inputs []int
	Own    []layer.Weight

	// path is the index of the layer in the list of layers; for a layer in a nested list,
	// the indices from the outermost list on. It is the key of the layer's random numbers.
	path []uint64
	// alike says that the layer is computed once, or was before fine-tuning: so its output for an
	// image must not depend on the batch.
	alike bool
}

// maxValues limits the size of a tensor, so that products of sizes do not overflow and a
// mistyped number of units is an error rather than an exhausted memory.
const maxValues = math.MaxInt32

// NewPlan decodes the layers and the loss of s and infers all shapes. Errors are added to
// problems; the plan is usable only if there were none.
func NewPlan(s *spec.Spec, problems *spec.Problems) *Plan {
	p := &Plan{Name: s.Name, Input: s.Input}
	catalog.DecodeSection(s.Train, problems, p.Options)
	p.freeze.apply(s, problems)
	for name, at := range s.Blocks {
		if layer.Layers.Has(name) {
			problems.Add(at, "a block cannot be called %q; a layer is", name)
		}
	}
	known := len(s.Input) == 3 // shapes are inferred up to here
	decoded := true
	paths := pathsOf(s)
	values := map[int]layer.Values{spec.Images: layer.Pixels}
	for i, it := range s.Layers {
		l, ok := layer.Layers.Decode(it, problems)
		decoded = decoded && ok
		if known = known && ok && !it.Lost; !known {
			continue
		}
		e := layer.Layers.Entry(it.Name)
		planned := Layer{Layer: l, Label: it.Label, Type: e.Keras, Pos: it.Pos, Inputs: it.Inputs, path: paths[it]}
		if known = planned.infer(p.inputShapes(planned), problems); !known {
			continue
		}
		var err error
		if values[i], err = layer.ValuesOf(l, values[it.Inputs[0]]); err != nil {
			problems.Add(it.Pos, "%s: %v", it.Label, err)
		}
		p.Layers = append(p.Layers, planned)
	}
	p.Complete = known && len(p.Layers) > 0
	if p.Complete {
		p.checkCopies(problems)
	}
	if b := p.base(); b != nil {
		for i, in := range b.in {
			p.Layers[i].alike = in
		}
	}
	p.checkMixing(problems)
	var shape layer.Shape
	if p.Complete {
		shape = p.Layers[len(p.Layers)-1].Out
	}
	switch {
	case p.Complete && len(shape) != 1:
		last := p.Layers[len(p.Layers)-1]
		problems.Add(last.Pos, "%s: the model ends in %v values; a classifier ends in one value per class, as flatten and dense: {units: 10, activation: softmax} make it", last.Label, shape)
	case decoded:
		p.checkOutput(s, problems)
	}
	return p
}

// checkOutput rejects a model whose last activation does not produce the probabilities that
// its loss needs. Keras trains such a model without a warning, with poor results.
func (p *Plan) checkOutput(s *spec.Spec, problems *spec.Problems) {
	var last *spec.Item
	var function string
	softmax := false
	for i := len(s.Layers) - 1; i != spec.Images; i = s.Layers[i].Inputs[0] {
		it := s.Layers[i]
		softmax = softmax || it.Lost // one may be in front of it
		if f := layer.Function(it.Name, it.Thing("activation")); f != "" {
			softmax = softmax || f == "softmax"
			if last == nil {
				last, function = it, f
			}
		}
	}
	wanted, of := "softmax", s.Train.Thing("loss")
	if p.Loss != nil {
		wanted = p.Loss.Output()
	} else if of = s.Train.Stated("loss"); strings.Contains(strings.ToLower(of), "binary") {
		return // an unknown loss, which may need no softmax
	}
	switch {
	case p.Separate() && p.Complete && p.Outputs() > 1 && p.weighs():
		problems.Add(s.Train.Pos, "train: class_weight: with several labels an image has no one class that could have a weight; leave it out")
	case wanted == "sigmoid" && (function == "linear" || function == "relu" || function == "softmax"):
		problems.Add(last.Pos, "%s: its activation is %s, but %s needs the probability of each decision; set activation: sigmoid, or add the layer activation: sigmoid at the end",
			last.Label, function, of)
	case !softmax && (function == "linear" || function == "relu"):
		problems.Add(last.Pos, "%s: its activation is %s and no softmax follows, but %s needs probabilities; set activation: softmax, or add the layer softmax at the end",
			last.Label, function, of)
	case wanted == "softmax" && p.Complete && p.Outputs() == 1:
		problems.Add(p.OutputPos(), "%s: one output cannot tell classes apart by %s; set loss: binary_crossentropy and activation: sigmoid for two classes, or units to the number of classes",
			p.Layers[len(p.Layers)-1].Label, of)
	}
}

// Options declares the options of the train section that belong to the plan.
func (p *Plan) Options(o *catalog.Options) {
	catalog.Thing(o, loss.Losses, &p.Loss, "loss", "categorical_crossentropy", "the loss to minimize")
	p.Convolution = "auto"
	o.Bind(&p.Convolution, "convolution", "auto uses Winograd's algorithm where it is faster, with about ten times the rounding error; direct computes the sums of products as defined").OneOf("auto", "direct")
	p.weighOptions(o)
	p.freeze.options(o)
	p.copyOptions(o)
}

// inputShapes returns the shapes that l reads.
func (p *Plan) inputShapes(l Layer) (in []layer.Shape) {
	for _, i := range l.Inputs {
		if i == spec.Images {
			in = append(in, p.Input)
		} else {
			in = append(in, p.Layers[i].Out)
		}
	}
	return in
}

// Readers returns, for each layer, how many inputs of layers its output is, and that number for
// the images.
func (p *Plan) Readers() (of []int, images int) {
	of = make([]int, len(p.Layers))
	for _, l := range p.Layers {
		for _, i := range l.Inputs {
			if i == spec.Images {
				images++
			} else {
				of[i]++
			}
		}
	}
	return of, images
}

// IsChain reports whether each layer reads only the one before it.
func (p *Plan) IsChain() bool {
	for i, l := range p.Layers {
		if len(l.Inputs) != 1 || l.Inputs[0] != i-1 {
			return false
		}
	}
	return true
}

// pathsOf returns the place of each layer in its list, after those of the merging layers and
// paths around it.
func pathsOf(s *spec.Spec) map[*spec.Item][]uint64 {
	paths := map[*spec.Item][]uint64{}
	var walk func(items []*spec.Item, outer []uint64)
	walk = func(items []*spec.Item, outer []uint64) {
		for i, it := range items {
			path := append(slices.Clip(outer), uint64(i))
			paths[it] = path
			for k, p := range it.Paths {
				walk(p.Layers, append(slices.Clip(path), uint64(k)))
			}
		}
	}
	walk(s.Top, nil)
	return paths
}

// infer computes the shapes and weights of l from the shapes that it reads.
func (l *Layer) infer(in []layer.Shape, problems *spec.Problems) bool {
	l.In = in[0]
	var out layer.Shape
	var err error
	if m, ok := layer.As[layer.Merger](l.Layer); ok {
		out, err = m.MergeShape(in)
	} else {
		out, err = l.Shape(l.In)
	}
	if err != nil {
		problems.Add(l.Pos, "%s: %v", l.Label, err)
		return false
	}
	if err := layer.CheckInit(l.Layer, l.In); err != nil {
		problems.Add(l.Pos, "%s: %v", l.Label, err)
		return false
	}
	l.Out, l.Own = out, l.Weights(l.In)
	shapes := []layer.Shape{out}
	for _, w := range l.Own {
		shapes = append(shapes, w.Shape)
	}
	for _, s := range shapes {
		size := 1.0
		for _, d := range s {
			size *= float64(d)
		}
		if size > maxValues {
			problems.Add(l.Pos, "%s: %v is over %d values", l.Label, s, maxValues)
			return false
		}
	}
	return true
}

// Params returns the numbers of trainable and of non-trainable parameters of the layer.
func (l *Layer) Params() (trainable, frozen int) {
	for _, w := range l.Own {
		if w.Trainable {
			trainable += w.Shape.Size()
		} else {
			frozen += w.Shape.Size()
		}
	}
	return trainable, frozen
}

// Trained returns the names of the weights of [Model.Params], in their order.
func (p *Plan) Trained() (names []string) {
	for _, l := range p.Layers {
		for _, w := range l.Own {
			if w.Trainable {
				names = append(names, l.Label+"/"+w.Name)
			}
		}
	}
	return names
}

// Penalized reports whether the loss of training has penalties on weights.
func (p *Plan) Penalized() bool {
	return slices.ContainsFunc(p.last().Layers, func(l Layer) bool {
		return slices.ContainsFunc(l.Own, func(w layer.Weight) bool { return w.Trainable && w.Penalty != nil })
	})
}

// Params returns the sums over all layers.
func (p *Plan) Params() (trainable, frozen int) {
	for _, l := range p.Layers {
		t, f := l.Params()
		trainable, frozen = trainable+t, frozen+f
	}
	return trainable, frozen
}

// Outputs returns the number of outputs.
func (p *Plan) Outputs() int {
	if len(p.Layers) == 0 {
		return 0
	}
	return p.Layers[len(p.Layers)-1].Out.Size()
}

// OutputPos returns the position of the layer that computes the outputs.
func (p *Plan) OutputPos() spec.Pos {
	if len(p.Layers) == 0 {
		return spec.Pos{}
	}
	return p.Layers[len(p.Layers)-1].Pos
}
