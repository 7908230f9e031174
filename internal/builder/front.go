package builder

import (
	"fmt"

	"cnntrain/internal/builder/layer"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// A front runs the first layers of a model for one batch size: those up to the last
// layer of augmentation before the first weights. Nothing there is learnt, so it
// can run while the step before is still being computed.
type front struct {
	machine *machine
	in      []float32
	out     *G.Node
	step    uint64 // that runs
}

type frontKey struct{ batch, turn int }

// turns is how many prepared batches there can be: one in use, and the next.
const turns = 2

// fronts counts the layers of the plan that a front runs.
func (p *Plan) fronts() (n int) {
	for i, l := range p.Layers {
		if len(l.Own) > 0 {
			break
		}
		if layer.Augments(l.Layer) {
			n = i + 1
		}
	}
	return n
}

// Prepare does to n images, [n,H,W,C] from 0 to 255, what comes before a training
// step: augmentation. It returns what Step takes, which is good until the next but
// one Prepare. One goroutine may call it while another calls the other methods.
func (m *Model) Prepare(step int, images []float32, n int) ([]float32, error) {
	if len(images) != n*m.plan.Input.Size() {
		return nil, fmt.Errorf("%d pixels for %d images of %v", len(images), n, m.plan.Input)
	}
	m.turn = (m.turn + 1) % turns
	key := frontKey{n, m.turn}
	f := m.fronts[key]
	if f == nil {
		var err error
		if f, err = m.newFront(n); err != nil {
			return nil, fmt.Errorf("building the graph of augmentation: %w", err)
		}
		m.fronts[key] = f
	}
	f.step = uint64(step)
	copy(f.in, images)
	if f.machine == nil {
		return f.in, nil
	}
	if err := f.machine.RunAll(); err != nil {
		return nil, err
	}
	return f.machine.value(f.out).(*tensor.Dense).Float32s(), nil
}

func (m *Model) newFront(n int) (*front, error) {
	images := ops.NewTensor(append([]int{n}, m.plan.Input...)...)
	f := &front{in: images.Float32s()}
	layers := m.plan.Layers[:m.plan.fronts()]
	if len(layers) == 0 {
		return f, nil
	}
	f.out = G.NewTensor(G.NewGraph(), tensor.Float32, images.Dims(), G.WithShape(images.Shape()...), G.WithName("images"), G.WithValue(images))
	for i, l := range layers {
		f.out = l.Build(m.layerGraph(i, true, &f.step), f.out, nil)
	}
	var err error
	if f.machine, err = newMachine(f.out); err != nil {
		return nil, err
	}
	f.machine.layout.place(ops.Memory(f.machine.layout.size))
	return f, nil
}
