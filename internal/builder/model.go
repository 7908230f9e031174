package builder

import (
	"fmt"

	"cnntrain/internal/builder/layer"
	"cnntrain/internal/builder/regularizer"
	"cnntrain/internal/checkpoint"
	"cnntrain/internal/random"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// A Model is a plan with weights. Its graphs, one for each batch size and for
// training and evaluation apart, are made when first needed; all of them read
// the same weights. A Model is for one goroutine at a time.
type Model struct {
	plan    *Plan
	weights []weight
	params  []G.ValueGrad
	graphs  map[graphKey]*graph
}

// A weight is one tensor that layers own.
type weight struct {
	name      string // layer/weight: conv2d_1/kernel
	layer     int    // its layer in the plan
	trainable bool
	penalty   regularizer.Regularizer // of a trainable weight, or nil
	value     *tensor.Dense
	grad      G.Value // of the last step
}

// Value and Grad make a weight a gorgonia.ValueGrad, for solvers.
func (w *weight) Value() G.Value         { return w.value }
func (w *weight) Grad() (G.Value, error) { return w.grad, nil }
func (w *weight) Name() string           { return w.name }

type graphKey struct {
	batch    int
	training bool
}

// NewModel returns a model whose weights start as the plan says, from the seed alone.
func (p *Plan) NewModel(seed uint64) *Model {
	m := &Model{plan: p, graphs: map[graphKey]*graph{}}
	for i, l := range p.Layers {
		for j, w := range l.Own {
			value := tensor.New(tensor.WithShape(w.Shape...), tensor.Of(tensor.Float32))
			w.Init.Fill(value.Float32s(), w.Shape, random.New(seed, uint64(i), uint64(j)))
			m.weights = append(m.weights, weight{l.Label + "/" + w.Name, i, w.Trainable, w.Penalty, value, nil})
		}
	}
	for i := range m.weights {
		if m.weights[i].trainable {
			m.params = append(m.params, &m.weights[i])
		}
	}
	return m
}

// Classes returns the number of outputs.
func (m *Model) Classes() int { return m.plan.Classes() }

// Weights returns every weight, in the order of the layers. The data is the
// model's own: writing to it changes the model.
func (m *Model) Weights() []checkpoint.Tensor {
	tensors := make([]checkpoint.Tensor, len(m.weights))
	for i, w := range m.weights {
		tensors[i] = checkpoint.Tensor{Name: w.name, Shape: w.value.Shape(), Data: w.value.Float32s()}
	}
	return tensors
}

// Params returns the trainable weights with their gradients of the last Step.
func (m *Model) Params() []G.ValueGrad { return m.params }

// Step runs a batch forward and backward: images [n,H,W,C] from 0 to 255 and n
// classes. It returns the loss and the probabilities [n,classes], which the
// model owns, and leaves the gradients in Params. It changes no trainable weight.
func (m *Model) Step(images []float32, labels []int) (loss float32, probabilities []float32, err error) {
	g, err := m.run(graphKey{len(labels), true}, images, labels)
	if err != nil {
		return 0, nil, err
	}
	for i, k := 0, 0; i < len(m.weights); i++ {
		if m.weights[i].trainable {
			m.weights[i].grad = g.machine.value(g.grads[k])
			k++
		}
	}
	return g.lossValue(), g.outputValue(), nil
}

// Evaluate runs a batch forward as in use: nothing random, nothing learnt. A
// label below 0 stands for an unknown class and adds nothing to the loss.
func (m *Model) Evaluate(images []float32, labels []int) (loss float32, probabilities []float32, err error) {
	g, err := m.run(graphKey{len(labels), false}, images, labels)
	if err != nil {
		return 0, nil, err
	}
	return g.lossValue(), g.outputValue(), nil
}

func (m *Model) run(key graphKey, images []float32, labels []int) (*graph, error) {
	g := m.graphs[key]
	if g == nil {
		var err error
		if g, err = m.newGraph(key); err != nil {
			return nil, fmt.Errorf("building the graph: %w", err)
		}
		m.graphs[key] = g
	}
	if len(images) != len(g.images) {
		return nil, fmt.Errorf("%d pixels for %d images of %v", len(images), key.batch, m.plan.Input)
	}
	copy(g.images, images)
	clear(g.targets)
	for i, l := range labels {
		if l >= g.classes {
			return nil, fmt.Errorf("class %d, but the model has %d outputs", l, g.classes)
		}
		if l >= 0 {
			g.targets[i*g.classes+l] = 1
		}
	}
	return g, g.machine.RunAll()
}

// A graph computes one batch size.
type graph struct {
	machine         *machine
	images, targets []float32 // the inputs' memory; targets are one-hot
	classes         int
	output, loss    *G.Node
	grads           []*G.Node // of the trainable weights; nil unless training
}

func (m *Model) newGraph(key graphKey) (*graph, error) {
	eg := G.NewGraph()
	input := func(name string, value *tensor.Dense) *G.Node {
		return G.NewTensor(eg, tensor.Float32, value.Dims(), G.WithShape(value.Shape()...), G.WithName(name), G.WithValue(value))
	}
	batch := func(shape ...int) *tensor.Dense {
		return tensor.New(tensor.WithShape(append([]int{key.batch}, shape...)...), tensor.Of(tensor.Float32))
	}
	images, targets := batch(m.plan.Input...), batch(m.Classes())
	g := &graph{images: images.Float32s(), targets: targets.Float32s(), classes: m.Classes()}

	nodes := make([][]*G.Node, len(m.plan.Layers))
	var trainable []*G.Node
	for _, w := range m.weights {
		n := input(w.name, w.value)
		nodes[w.layer] = append(nodes[w.layer], n)
		if w.trainable {
			trainable = append(trainable, n)
		}
	}
	x := input("images", images)
	for i, l := range m.plan.Layers {
		x = l.Build(&layer.Graph{Training: key.training}, x, nodes[i])
	}
	g.output = x
	g.loss = m.plan.Loss.Build(x, input("targets", targets))
	var err error
	if key.training && len(trainable) > 0 {
		if g.grads, err = G.Grad(g.loss, trainable...); err != nil {
			return nil, err
		}
	}
	m.penalize(g, trainable)
	wanted := append([]*G.Node{g.output, g.loss}, g.grads...)
	g.machine, err = newMachine(wanted...)
	return g, err
}

// penalize adds the penalties on the trainable weights, whose nodes it gets, to
// the loss, and their gradients to the gradients, if there are any.
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

func (g *graph) lossValue() float32     { return float32(*g.machine.value(g.loss).(*G.F32)) }
func (g *graph) outputValue() []float32 { return g.machine.value(g.output).(*tensor.Dense).Float32s() }
