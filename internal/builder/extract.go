package builder

import (
	"fmt"

	"cnntrain/internal/batch"
	"cnntrain/internal/machine"
	"cnntrain/internal/ops"
	"cnntrain/internal/spec"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Base returns the number of values of the outputs of the base for one image, 0 if the model has
// none: those layers that can be computed once, whose outputs Extract computes.
func (m *Model) Base() int {
	if m.base == nil {
		return 0
	}
	return m.base.size
}

// Copies returns the number of augmented copies of each image if Prepare makes as many; 0: it
// augments each image anew in every epoch, or not at all.
func (m *Model) Copies() int {
	if m.base == nil || m.plan.copies == 0 || m.plan.fronts() == 0 {
		return 0
	}
	return m.plan.copies
}

// extracted is the number of images that an extractor computes at a time. Fewer waste the rest.
const extracted = 16

// An extractor computes the outputs of the base, the same for an image in every batch.
type extractor struct {
	images  []float32 // [extracted,H,W,C]
	outputs []*G.Node
	sizes   []int
	machine *machine.Machine
}

// Extract computes the outputs of the base, [n,Base], of n images: [n,H,W,C] from 0 to 255, or, in
// training, as Prepare returned them.
func (m *Model) Extract(images []float32, n int, training bool, outputs []float32) (err error) {
	first := m.front0(training)
	x := m.extractors[first]
	if x == nil {
		if x, err = m.newExtractor(first); err != nil {
			return fmt.Errorf("building the graph: %w", err)
		}
		m.extractors[first] = x
	}
	size := len(x.images) / extracted
	if len(images) != n*size || len(outputs) != n*m.base.size {
		return fmt.Errorf("%d pixels and %d outputs for %d images of %d and %d", len(images), len(outputs), n, size, m.base.size)
	}
	for ; n > 0; n -= extracted {
		some := min(n, extracted)
		copy(x.images, images[:some*size])
		if err := x.machine.RunAll(); err != nil {
			return err
		}
		at := 0
		for k, node := range x.outputs {
			values := x.machine.Value(node).(*tensor.Dense).Float32s()
			for i := range some {
				copy(outputs[i*m.base.size+at:], values[i*x.sizes[k]:][:x.sizes[k]])
			}
			at += x.sizes[k]
		}
		images, outputs = images[some*size:], outputs[some*m.base.size:]
	}
	return nil
}

// front0 is the first layer after what Prepare computes.
func (m *Model) front0(training bool) int {
	if !training {
		return 0
	}
	return m.plan.fronts()
}

// newExtractor builds the layers of the base from first on.
func (m *Model) newExtractor(first int) (*extractor, error) {
	eg := G.NewGraph()
	input := func(name string, value *tensor.Dense) *G.Node {
		return G.NewTensor(eg, tensor.Float32, value.Dims(), G.WithShape(value.Shape()...), G.WithName(name), G.WithValue(value))
	}
	value := ops.NewTensor(append([]int{extracted}, m.plan.outputShape(first-1)...)...)
	nodes := make([][]*G.Node, len(m.plan.Layers))
	for _, w := range m.weights {
		if m.base.in[w.layer] {
			nodes[w.layer] = append(nodes[w.layer], input(w.name, w.value))
		}
	}
	images := input("images", value)
	c := m.plan.connect(first, images)
	for i := first; i < len(m.plan.Layers); i++ {
		if m.base.in[i] {
			c.build(i, m.layerGraph(m.plan.Layers[i], false, nil), nodes[i])
		}
	}
	x := &extractor{images: value.Float32s()}
	for _, i := range m.base.outputs {
		node := images
		if i != spec.Images && i >= first {
			node = c.outputs[i]
		}
		if node.Op() == nil {
			node = ops.Affine(node, 1, 0) // the machine needs an op
		}
		x.outputs, x.sizes = append(x.outputs, node), append(x.sizes, m.plan.outputShape(i).Size())
	}
	var err error
	if x.machine, err = machine.New(x.outputs...); err != nil {
		return nil, err
	}
	x.machine.Place(ops.Memory(x.machine.Size()))
	return x, nil
}

// EvaluateRest is Evaluate with outputs of the base, [len(labels),Base], in place of images.
func (m *Model) EvaluateRest(outputs []float32, labels []int) (loss float32, probabilities []float32, err error) {
	g, err := m.run(graphKey{batch: len(labels), rest: true}, batch.Prepared{Images: outputs, Labels: labels})
	if err != nil {
		return 0, nil, err
	}
	return g.lossValue(), g.outputValue(), nil
}

// A feed is an input of a graph for a part of the values of each image.
type feed struct {
	memory []float32 // [n,size]
	at     int       // of the values of an image
	size   int
}

// load copies the values of n images to the inputs of g.
func (g *graph) load(values []float32, n int) error {
	width := 0
	for _, f := range g.feeds {
		width += f.size
	}
	if len(values) != n*width {
		return fmt.Errorf("%d values for %d images of %d", len(values), n, width)
	}
	for _, f := range g.feeds {
		for i := range n {
			copy(f.memory[i*f.size:][:f.size], values[i*width+f.at:])
		}
	}
	return nil
}

// rest returns a connector for the layers after the base, whose outputs are inputs of g.
func (m *Model) rest(g *graph, n int, input func(string, *tensor.Dense) *G.Node) *connector {
	readers, ofImages := m.plan.Readers()
	c := &connector{plan: m.plan, outputs: make([]*G.Node, len(m.plan.Layers)), readers: readers}
	at := 0
	for _, i := range m.base.outputs {
		shape := m.plan.outputShape(i)
		value := ops.NewTensor(append([]int{n}, shape...)...)
		if node := input(fmt.Sprintf("base/%d", i), value); i == spec.Images {
			c.images = forked(node, ofImages)
		} else {
			c.outputs[i] = forked(node, readers[i])
		}
		g.feeds = append(g.feeds, feed{value.Float32s(), at, shape.Size()})
		at += shape.Size()
	}
	return c
}
