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
	steps := g.machine.Steps()
	layer := 0 // of g.ends
	for i, n := range steps {
		for layer < len(g.ends) && n.ID() > g.ends[layer] {
			layer++
		}
		if layer == len(g.ends) {
			break // all of the layers are finite
		}
		v, err := g.machine.Step(i)
		if err != nil {
			return "", err
		}
		last := i+1 == len(steps) || steps[i+1].ID() > g.ends[layer]
		if out, ok := v.(*tensor.Dense); ok && last && !finite(out.Float32s()) {
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
