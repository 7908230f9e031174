package builder

import (
	"fmt"

	"cnntrain/internal/batch"
	"cnntrain/internal/builder/layer"
	"cnntrain/internal/builder/regularizer"
	"cnntrain/internal/checkpoint"
	"cnntrain/internal/machine"
	"cnntrain/internal/ops"
	"cnntrain/internal/random"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// A Model is a plan with weights. It builds its graphs, one per batch size for training and
// one for evaluation, when they are first needed; all of them read the same weights. A
// Model must not be used concurrently, except for Prepare.
type Model struct {
	plan    *Plan
	seed    uint64
	at      batch.Place // of the current step of the training graphs
	others  others
	alone   bool // set while only this one of the models that share a batch runs
	weights []weight
	params  []G.ValueGrad
	base    *base // nil: none
	graphs  map[graphKey]*graph
	last    graphKey  // buffer of Step
	memory  []float32 // memory for the outputs of all graphs, which run one at a time

	extractors map[int]*extractor // by their first layer

	fronts map[frontKey]*front // used only by Prepare
	turn   int
}

// A weight is one tensor of a layer.
type weight struct {
	name      string // layer/weight: conv2d_1/kernel
	layer     int    // index of its layer in the plan
	trainable bool
	moving    bool                    // updated by Step itself
	penalty   regularizer.Regularizer // of the weight; nil if it is not trainable
	value     *tensor.Dense
	grad      G.Value // gradient of the last step
}

// Value and Grad make weight a gorgonia.ValueGrad, which solvers use.
func (w *weight) Value() G.Value         { return w.value }
func (w *weight) Grad() (G.Value, error) { return w.grad, nil }
func (w *weight) Name() string           { return w.name }

type graphKey struct {
	batch    int
	training bool
	rest     bool // without the base
	forward  bool // in training, without gradients
}

// NewModel returns a model with initial weights as in the plan; they depend only on the
// seed.
func (p *Plan) NewModel(seed uint64) *Model {
	m := &Model{plan: p, seed: seed, graphs: map[graphKey]*graph{}, extractors: map[int]*extractor{}, fronts: map[frontKey]*front{}}
	for i, l := range p.Layers {
		for j, w := range l.Own {
			value := ops.NewTensor(w.Shape...)
			w.Init.Fill(value.Float32s(), w.Shape, random.New(seed).With(l.path...).With(uint64(j)))
			m.weights = append(m.weights, weight{name: l.Label + "/" + w.Name, layer: i, value: value})
		}
	}
	m.choose()
	return m
}

// choose sets which weights are trained, as in the plan.
func (m *Model) choose() {
	m.params, m.base, m.extractors = nil, m.plan.base(), map[int]*extractor{}
	at := 0
	for _, l := range m.plan.Layers {
		for _, own := range l.Own {
			w := &m.weights[at]
			w.trainable, w.moving, w.penalty = own.Trainable, !own.Trainable && layer.Moves(l.Layer), own.Penalty
			if w.trainable {
				m.params = append(m.params, w)
			}
			at++
		}
	}
}

// Classes returns the number of classes.
func (m *Model) Classes() int { return m.plan.Classes() }

// Outputs returns the number of outputs, and whether each is a decision of its own; a
// single one is the probability of the second of two classes.
func (m *Model) Outputs() (n int, separate bool) { return m.plan.Outputs(), m.plan.Separate() }

// Truth returns which classes are true of an image with the given label.
func (m *Model) Truth(label int) []bool {
	truth, err := m.plan.truth(label)
	if err != nil {
		return make([]bool, m.Classes()) // Step and Evaluate return the error
	}
	return truth
}

// Weights returns every weight, in the order of the layers. The data is not copied: writing
// to it changes the model.
func (m *Model) Weights() []checkpoint.Tensor {
	tensors := make([]checkpoint.Tensor, len(m.weights))
	for i, w := range m.weights {
		tensors[i] = checkpoint.Tensor{Name: w.name, Shape: w.value.Shape(), Data: w.value.Float32s()}
	}
	return tensors
}

// Params returns the trainable weights with their gradients of the last Step, valid until
// the next Step or Evaluate.
func (m *Model) Params() []G.ValueGrad { return m.params }

// ParamName returns the name in Weights of the weight at index i of Params.
func (m *Model) ParamName(i int) string { return m.params[i].(*weight).name }

// others connects a model with those that share each batch with it.
type others struct {
	mean  func(values []float64)
	ready func(param int, gradient []float32)
}

// Join makes m one of several models that share each batch. Layers that need a mean over
// the global batch call mean, which replaces values by their mean over the models, weighted
// by their shares. Step calls ready as soon as the gradient of a weight of Params is
// complete, in an order that is the same for every model. Join must be called before the
// first Step.
func (m *Model) Join(mean func(values []float64), ready func(param int, gradient []float32)) {
	m.others = others{mean, ready}
	clear(m.graphs) // built by Memory, without them
}

// mean is the mean over all models that share the batch, if they run too.
func (m *Model) mean(values []float64) {
	if !m.alone {
		m.others.mean(values)
	}
}

// Moving returns the weights that Step itself updates: moving averages.
func (m *Model) Moving() (weights [][]float32) {
	for _, w := range m.weights {
		if w.moving {
			weights = append(weights, w.value.Float32s())
		}
	}
	return weights
}

// Step runs a prepared batch forward and backward.
// It returns the loss and the probabilities [n,classes], which the model owns, and leaves
// the gradients in Params. It changes no trainable weight. Random numbers depend on the
// seed of the model, on the step, and on the positions of the images in the global batch.
func (m *Model) Step(prepared batch.Prepared) (loss float32, probabilities []float32, err error) {
	m.at = prepared.Place
	m.last = graphKey{batch: len(prepared.Labels), training: true, rest: prepared.Rest}
	g, err := m.run(m.last, prepared)
	if err != nil {
		return 0, nil, err
	}
	for i, k := 0, 0; i < len(m.weights); i++ {
		if m.weights[i].trainable {
			m.weights[i].grad = g.machine.Value(g.grads[k])
			k++
		}
	}
	return g.lossValue(), g.outputValue(), nil
}

// Observe runs a prepared batch forward as Step does, for the statistics of batch normalization
// alone, which become the means over this batch and n earlier ones.
func (m *Model) Observe(prepared batch.Prepared, n int) error {
	m.at = prepared.Place
	var before []float32
	statistics := func(do func(momentum float64, values []float32)) {
		for _, w := range m.weights {
			if momentum, ok := layer.Momentum(m.plan.Layers[w.layer].Layer); ok && w.moving && momentum < 1 {
				do(momentum, w.value.Float32s())
			}
		}
	}
	statistics(func(_ float64, values []float32) { // from 0 they become 1-momentum times those of the batch
		before = append(before, values...)
		clear(values)
	})
	_, err := m.run(graphKey{batch: len(prepared.Labels), training: true, rest: prepared.Rest, forward: true}, prepared)
	share := 1 / float64(n+1)
	statistics(func(momentum float64, values []float32) {
		for i, v := range values {
			v64 := float64(v) / (1 - momentum)
			if n > 0 {
				v64 = float64(v64*share) + float64(float64(before[i])*(1-share))
			}
			values[i] = float32(v64)
		}
		before = before[len(values):]
	})
	return err
}

// Evaluate runs a batch forward in inference mode. A label below 0 means an unknown class
// and adds nothing to the loss.
func (m *Model) Evaluate(images []float32, labels []int) (loss float32, probabilities []float32, err error) {
	g, err := m.run(graphKey{batch: len(labels)}, batch.Prepared{Images: images, Labels: labels})
	if err != nil {
		return 0, nil, err
	}
	return g.lossValue(), g.outputValue(), nil
}

// graph returns the graph for key, which it builds on the first call.
func (m *Model) graph(key graphKey) (*graph, error) {
	if g := m.graphs[key]; g != nil {
		return g, nil
	}
	g, err := m.newGraph(key)
	if err != nil {
		return nil, fmt.Errorf("building the graph: %w", err)
	}
	m.graphs[key] = g
	return g, nil
}

func (m *Model) run(key graphKey, b batch.Prepared) (*graph, error) {
	g, err := m.graph(key)
	if err != nil {
		return nil, err
	}
	if err := g.load(b.Images, key.batch); err != nil {
		return nil, err
	}
	m.place(g)
	if err := m.setTargets(g, b, key.training); err != nil {
		return nil, err
	}
	return g, m.runSteps(g)
}

// runSteps runs g and reports gradients as soon as they are complete.
func (m *Model) runSteps(g *graph) error {
	if m.others.ready == nil {
		return g.machine.RunAll()
	}
	for i, made := range g.made {
		v, err := g.machine.Step(i)
		if err != nil {
			return err
		}
		for _, param := range made {
			m.others.ready(param, v.(*tensor.Dense).Float32s())
		}
	}
	return nil
}

// setTargets fills the targets of g. The weight of an example scales its target, because
// losses are linear in the target. That of a mixture is the weight of its largest part, as in
// Keras.
func (m *Model) setTargets(g *graph, b batch.Prepared, training bool) error {
	clear(g.targets)
	size := m.plan.targets()
	for i, l := range b.Labels {
		if l < 0 {
			continue
		}
		weight := float32(1)
		if training && m.plan.weights != nil && l < len(m.plan.weights) {
			weight = m.plan.weights[l]
		}
		parts := []batch.Part{{Label: l, Weight: 1}}
		if k := len(b.Parts) / len(b.Labels); k > 0 {
			parts = b.Parts[i*k:][:k]
		}
		if err := m.plan.addParts(g.targets[i*size:][:size], parts, weight); err != nil {
			return err
		}
	}
	return nil
}

// A graph computes one batch size.
type graph struct {
	machine      *machine.Machine
	placed       bool      // its outputs are in the model's memory
	feeds        []feed    // the images, or outputs of the base
	targets      []float32 // distributions times weights
	both         []float32 // the probabilities of two classes, if one output says both
	first        int       // the layer that takes the images
	ends         []int64   // highest node ID of each layer, from first on
	output, loss *G.Node
	grads        []*G.Node // gradients of the trainable weights; nil unless training
	made         [][]int   // by step of the machine: which of grads are complete after it
}

func (m *Model) newGraph(key graphKey) (*graph, error) {
	eg := G.NewGraph()
	input := func(name string, value *tensor.Dense) *G.Node {
		return G.NewTensor(eg, tensor.Float32, value.Dims(), G.WithShape(value.Shape()...), G.WithName(name), G.WithValue(value))
	}
	batch := func(shape ...int) *tensor.Dense {
		return ops.NewTensor(append([]int{key.batch}, shape...)...)
	}
	layers, targets := m.plan.Layers, batch(m.plan.targets())
	g := &graph{targets: targets.Float32s()}
	if m.plan.oneForTwo() {
		g.both = make([]float32, 2*key.batch)
	}

	nodes := make([][]*G.Node, len(layers))
	var trainable []*G.Node
	for _, w := range m.weights {
		n := input(w.name, w.value)
		nodes[w.layer] = append(nodes[w.layer], n)
		if w.trainable {
			trainable = append(trainable, n)
		}
	}
	var c *connector
	if key.rest {
		c = m.rest(g, key.batch, input)
	} else {
		g.first = m.front0(key.training)
		shape := m.plan.outputShape(g.first - 1)
		images := batch(shape...)
		g.feeds = []feed{{images.Float32s(), 0, shape.Size()}}
		c = m.plan.connect(g.first, input("images", images))
	}
	for i := g.first; i < len(layers); i++ {
		if key.rest && m.base.in[i] {
			g.ends = append(g.ends, -1)
			continue
		}
		lg := m.layerGraph(layers[i], key.training, &m.at)
		if m.others.mean != nil {
			lg.Mean = m.mean
		}
		g.ends = append(g.ends, c.build(i, lg, nodes[i]).ID())
	}
	g.output = c.outputs[len(layers)-1]
	g.loss = m.plan.Loss.Build(g.output, input("targets", targets))
	var err error
	if key.training && !key.forward && len(trainable) > 0 {
		if g.grads, err = G.Grad(g.loss, trainable...); err != nil {
			return nil, err
		}
	}
	m.penalize(g, trainable)
	wanted := append([]*G.Node{g.output, g.loss}, g.grads...)
	if key.forward {
		wanted = wanted[:1]
	}
	if g.machine, err = machine.New(wanted...); err != nil {
		return nil, err
	}
	for _, n := range g.machine.Steps() {
		var made []int
		for i, grad := range g.grads {
			if grad == n {
				made = append(made, i)
			}
		}
		g.made = append(g.made, made)
	}
	return g, nil
}

// drawKey separates the random numbers of layers in training from all others of the same
// seed.
const drawKey = 0x64726177 // "draw"

// layerGraph returns the Graph for l. *at is the place of the current step when the graph runs.
func (m *Model) layerGraph(l Layer, training bool, at *batch.Place) *layer.Graph {
	g := &layer.Graph{Training: training, Direct: m.plan.Convolution == "direct", Alike: l.alike}
	if training {
		draws := random.New(m.seed, drawKey).With(l.path...)
		g.Random = func() random.Stream { return draws.With(uint64(at.Step)) }
		g.At, g.Lasting = at, draws
	}
	return g
}

// penalize adds the penalties on the trainable weights, given as nodes, to the loss, and
// their gradients to the gradients.
func (m *Model) penalize(g *graph, trainable []*G.Node) {
	i := 0
	for _, w := range m.weights {
		if !w.trainable {
			continue
		}
		if w.penalty != nil {
			g.loss = w.penalty.Loss(g.loss, trainable[i])
			if g.grads != nil {
				g.grads[i] = w.penalty.Grad(g.grads[i], trainable[i])
			}
		}
		i++
	}
}

func (g *graph) lossValue() float32 { return float32(*g.machine.Value(g.loss).(*G.F32)) }

// outputValue returns the probabilities of the classes.
func (g *graph) outputValue() []float32 {
	outputs := g.machine.Value(g.output).(*tensor.Dense).Float32s()
	if g.both == nil {
		return outputs
	}
	for i, p := range outputs {
		g.both[2*i], g.both[2*i+1] = 1-p, p
	}
	return g.both
}
