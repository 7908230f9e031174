package builder

import "cnntrain/internal/ops"

// Memory returns the bytes that Prepare, Step and Evaluate take for batches of a size: the
// weights; the images and targets of each graph; the outputs and gradients of all layers, as
// they are laid out. What kernels need for the time of a call is not included. Nothing but the
// graphs is allocated, which Step would build.
func (m *Model) Memory(batch int) (bytes int64, err error) {
	for _, w := range m.weights {
		bytes += float * int64(len(w.value.Float32s()))
	}
	outputs := 0
	for _, training := range []bool{true, false} {
		g, err := m.graph(graphKey{batch: batch, training: training})
		if err != nil {
			return 0, err
		}
		bytes += float * int64(len(g.targets))
		for _, f := range g.feeds {
			bytes += float * int64(len(f.memory))
		}
		outputs = max(outputs, g.machine.Size())
	}
	front := batch * m.plan.Input.Size()
	a, err := m.plan.newAugmenter(batch, m.seed, true)
	if a != nil {
		front += a.machine.Size()
	}
	bytes += turns * float * int64(front)
	return bytes + float*int64(outputs), err
}

// float is the size of a float32.
const float = 4

// place assigns the shared memory to a new graph. What it allocates is enough for every graph
// there is by now.
func (m *Model) place(g *graph) {
	if g.placed {
		return
	}
	size := 0
	for _, other := range m.graphs {
		size = max(size, other.machine.Size())
	}
	if size > len(m.memory) {
		m.memory = nil // before the new memory is allocated
		m.memory = ops.Memory(size)
	}
	for _, other := range m.graphs {
		other.machine.Place(m.memory)
		other.placed = true
	}
}
