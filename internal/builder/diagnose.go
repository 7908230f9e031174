package builder

import (
	"math"

	"gorgonia.org/tensor"
)

// FirstNonFinite repeats the last Step and returns the name of the first layer whose output
// has NaN or infinities; "" if there is none. The trainable weights must be those of that
// step. If several models share a batch, each may call it alone: means over the global
// batch are then replaced by means over its own share.
func (m *Model) FirstNonFinite() (string, error) {
	m.alone = true
	defer func() { m.alone = false }()
	key := m.last
	key.forward, key.apart = true, true
	g, err := m.graph(key)
	if err != nil {
		return "", err
	}
	m.place(g)
	last := m.graphs[m.last]
	copy(g.targets, last.targets)
	for i, f := range last.feeds {
		copy(g.feeds[i].memory, f.memory)
	}
	steps := g.machine.Steps()
	layer := 0 // of g.ends
	for i, n := range steps {
		for layer < len(g.ends) && n.ID() > g.ends[layer] {
			layer++
		}
		if layer == len(g.ends) {
			break // the outputs of all layers are finite
		}
		v, err := g.machine.Step(i)
		if err != nil {
			return "", err
		}
		ends := i+1 == len(steps) || steps[i+1].ID() > g.ends[layer]
		if out, ok := v.(*tensor.Dense); ok && ends && !finite(out.Float32s()) {
			return m.plan.Layers[g.first+layer].Label, nil
		}
	}
	return "", nil
}

func finite(values []float32) bool {
	for _, v := range values {
		if v := float64(v); math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return true
}
