package builder

import (
	"cnntrain/internal/builder/layer"
	"cnntrain/internal/ops"
	"cnntrain/internal/spec"

	"gorgonia.org/tensor"
)

// Fold folds each batch normalization that alone reads a convolution or dense layer into the
// weights of that, which it changes. Call it once; afterwards m is for Evaluate alone: its outputs differ by
// rounding, its loss has no penalties, and its weights are no longer those of the plan.
func (m *Model) Fold() {
	readers, _ := m.plan.Readers()
	values := make([][]*tensor.Dense, len(m.plan.Layers))
	for _, w := range m.weights {
		values[w.layer] = append(values[w.layer], w.value)
	}
	m.folded = map[int]*tensor.Dense{}
	for i, l := range m.plan.Layers {
		norm, ok := layer.As[layer.Normalizer](l.Layer)
		if !ok || l.Inputs[0] == spec.Images || readers[l.Inputs[0]] > 1 {
			continue
		}
		at := l.Inputs[0]
		if sums, ok := layer.As[layer.Scalable](m.plan.Layers[at].Layer); !ok || !sums.Scalable() {
			continue
		}
		var own [][]float32
		for _, v := range values[i] {
			own = append(own, v.Float32s())
		}
		scale, offset := norm.ScaleAndOffset(own)
		kernel := values[at][0].Float32s()
		for k, v := range kernel {
			kernel[k] = float32(float64(v) * scale[k%len(scale)])
		}
		bias := ops.NewTensor(len(offset))
		for c, v := range offset {
			if len(values[at]) > 1 {
				v += float64(float64(values[at][1].Float32s()[c]) * scale[c])
			}
			bias.Float32s()[c] = float32(v)
		}
		m.folded[at], m.folded[i] = bias, nil
	}
	clear(m.graphs)
}
