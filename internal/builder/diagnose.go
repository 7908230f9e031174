package builder

import (
	"math"

	"gorgonia.org/tensor"
)

// FirstNonFinite computes the last Step again and returns the name of the first
// layer that NaN or infinities come out of; empty if there is none. The trainable
// weights must be those of that step. Of models that share a batch each may do so by
// itself: what would be a mean over all of them is that of its own share.
func (m *Model) FirstNonFinite() (string, error) {
	m.alone = true
	defer func() { m.alone = false }()
	g, err := m.graph(m.last)
	if err != nil {
		return "", err
	}
	steps := g.machine.steps
	for i, end := range g.ends {
		n := 0
		for n < len(steps) && steps[n].node.ID() <= end {
			n++
		}
		if n == 0 {
			continue // a layer that computes nothing
		}
		if err := g.machine.run(steps[:n]); err != nil {
			return "", err
		}
		if out, ok := g.machine.values[steps[n-1].out].(*tensor.Dense); ok && !finite(out.Float32s()) {
			return m.plan.Layers[g.first+i].Label, nil
		}
		steps = steps[n:]
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
