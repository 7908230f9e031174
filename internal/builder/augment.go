package builder

import (
	"fmt"

	"cnntrain/internal/builder/layer"
	"cnntrain/internal/machine"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// An Augmenter runs only the augmentation layers of a model.
type Augmenter struct {
	Out     layer.Shape // of one image
	step    *uint64     // the current step
	first   *int        // position of its first image in the global batch
	images  []float32   // memory of the graph's input
	output  *G.Node
	machine *machine.Machine
}

// fronts returns the number of layers up to the last augmentation layer before the first
// weights.
func (p *Plan) fronts() (n int) {
	readers, images := p.Readers()
	if images > 1 {
		return 0
	}
	for i, l := range p.Layers {
		if len(l.Own) > 0 || len(l.Out) != 3 || len(l.Inputs) > 1 || l.Inputs[0] != i-1 {
			break
		}
		if layer.Augments(l.Layer) {
			n = i + 1
		}
		if readers[i] > 1 {
			break // other layers read it too
		}
	}
	return n
}

// NewAugmenter returns the layers of p up to its last augmentation layer, for batches of n
// images: with training, those of the training graph, which draw the same random numbers
// for the same seed, step and position in the batch; otherwise those of the inference
// graph, which draw none. Layers from the first one with weights on are left out. The
// Augmenter is nil if there is no augmentation.
func (p *Plan) NewAugmenter(n int, seed uint64, training bool) (*Augmenter, error) {
	count := p.fronts()
	if count == 0 {
		return nil, nil
	}
	m := &Model{plan: p, seed: seed}
	a := &Augmenter{Out: p.Layers[count-1].Out, step: &m.step, first: &m.first}
	eg := G.NewGraph()
	value := ops.NewTensor(append([]int{n}, p.Input...)...)
	a.images = value.Float32s()
	a.output = G.NewTensor(eg, tensor.Float32, value.Dims(), G.WithShape(value.Shape()...), G.WithName("images"), G.WithValue(value))
	for _, l := range p.Layers[:count] {
		a.output = l.Build(m.layerGraph(l, training, a.step, a.first), a.output, nil)
	}
	var err error
	if a.machine, err = machine.New(a.output); err != nil {
		return nil, fmt.Errorf("building the graph: %w", err)
	}
	a.machine.Place(ops.Memory(a.machine.Size()))
	return a, nil
}

// Run returns the augmented images [n,H,W,C], whose positions in the global batch start at
// first, for a step counted from 0 over the whole training. The result [n,Out] is valid
// until the next call.
func (a *Augmenter) Run(step, first int, images []float32) ([]float32, error) {
	*a.step, *a.first = uint64(step), first
	if len(images) != len(a.images) {
		return nil, fmt.Errorf("%d pixels for images of %d", len(images), len(a.images))
	}
	copy(a.images, images)
	if err := a.machine.RunAll(); err != nil {
		return nil, err
	}
	return a.machine.Value(a.output).(*tensor.Dense).Float32s(), nil
}
