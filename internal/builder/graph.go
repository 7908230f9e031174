package builder

import (
	"fmt"
	"slices"
	"sync"

	"cnntrain/internal/batch"
	"cnntrain/internal/builder/layer"
	"cnntrain/internal/machine"
	"cnntrain/internal/ops"
	"cnntrain/internal/random"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

type graphKey struct {
	batch    int
	training bool
	rest     bool // without the base
	forward  bool // in training, without gradients
	apart    bool // no layer is computed together with the one after it
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

// gradMu is held in G.Grad, which writes the hash of a node that all graphs of the process share.
var gradMu sync.Mutex

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
	if key.apart {
		for i := range len(layers) - 1 { // the last one is looked at, and losses are taken from its input
			c.readers[i]++
		}
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
		bias, folded := m.folded[i]
		switch {
		case folded && bias == nil:
			g.ends = append(g.ends, c.pass(i).ID())
			continue
		case folded:
			nodes[i] = []*G.Node{nodes[i][0], input(layers[i].Label+"/folded", bias)}
		}
		g.ends = append(g.ends, c.build(i, lg, nodes[i]).ID())
	}
	g.output = c.outputs[len(layers)-1]
	g.loss = m.plan.Loss.Build(g.output, input("targets", targets))
	var err error
	if key.training && !key.forward && len(trainable) > 0 {
		gradMu.Lock()
		g.grads, err = G.Grad(g.loss, trainable...)
		gradMu.Unlock()
		if err != nil {
			return nil, err
		}
	}
	if m.folded == nil { // else the weights are not those that have penalties
		m.penalize(g, nodes)
	}
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

// penalize adds the penalties on the weights, given as nodes by layer, to the loss, and their
// gradients to the gradients. Those of weights that only the second phase trains are in the loss of
// the first one too: the best epoch is that of both.
func (m *Model) penalize(g *graph, nodes [][]*G.Node) {
	param, values := 0, slices.Concat(nodes...)
	for i, w := range m.weights {
		if w.penalty != nil {
			g.loss = w.penalty.Loss(g.loss, values[i])
			if g.grads != nil && w.trainable {
				g.grads[param] = w.penalty.Grad(g.grads[param], values[i])
			}
		}
		if w.trainable {
			param++
		}
	}
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
