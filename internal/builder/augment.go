package builder

import (
	"fmt"

	"cnntrain/internal/batch"
	"cnntrain/internal/builder/layer"
	"cnntrain/internal/machine"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// An Augmenter runs only the augmentation layers of a model.
type Augmenter struct {
	Out     layer.Shape // of one image
	at      *batch.Place
	mixers  []mixer
	images  []float32 // memory of the graph's input
	output  *G.Node
	machine *machine.Machine
}

// A mixer is a mixing layer of an Augmenter; own returns the parts of the last images that are
// their own.
type mixer struct{ own func(parts []float32) }

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
	a, err := p.newAugmenter(n, seed, training)
	if a != nil {
		a.machine.Place(ops.Memory(a.machine.Size()))
	}
	return a, err
}

// newAugmenter is NewAugmenter without memory for the outputs of the layers.
func (p *Plan) newAugmenter(n int, seed uint64, training bool) (*Augmenter, error) {
	count := p.fronts()
	if count == 0 {
		return nil, nil
	}
	m := &Model{plan: p, seed: seed}
	a := &Augmenter{Out: p.Layers[count-1].Out, at: &m.at}
	eg := G.NewGraph()
	value := ops.NewTensor(append([]int{n}, p.Input...)...)
	a.images = value.Float32s()
	a.output = G.NewTensor(eg, tensor.Float32, value.Dims(), G.WithShape(value.Shape()...), G.WithName("images"), G.WithValue(value))
	for _, l := range p.Layers[:count] {
		g := m.layerGraph(l, training, a.at)
		a.output = l.Build(g, a.output, nil)
		if x, ok := layer.As[layer.Mixer](l.Layer); ok && training {
			a.mixers = append(a.mixers, mixer{func(parts []float32) { x.Own(g, l.In, parts) }})
		}
	}
	var err error
	if a.machine, err = machine.New(a.output); err != nil {
		return nil, fmt.Errorf("building the graph: %w", err)
	}
	return a, nil
}

// Run returns the augmented images [n,H,W,C]. The result [n,Out] is valid until the next call.
// A mixing layer mixes the last image with the first one, as in a whole batch.
func (a *Augmenter) Run(at batch.Place, images []float32) ([]float32, error) {
	*a.at = at
	if len(images) != len(a.images) {
		return nil, fmt.Errorf("%d pixels for images of %d", len(images), len(a.images))
	}
	copy(a.images, images)
	if err := a.machine.RunAll(); err != nil {
		return nil, err
	}
	return a.machine.Value(a.output).(*tensor.Dense).Float32s(), nil
}
