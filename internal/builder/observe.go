package builder

import (
	"cnntrain/internal/batch"
	"cnntrain/internal/builder/layer"
)

// Observe runs a prepared batch forward as Step does, for the statistics of batch normalization
// alone, which become the means over this batch and n earlier ones.
func (m *Model) Observe(prepared batch.Prepared, n int) error {
	m.at = prepared.Place
	var before []float32
	statistics := func(do func(momentum float64, values []float32)) {
		for _, w := range m.weights {
			if momentum, ok := layer.Momentum(m.plan.Layers[w.layer].Layer); ok && w.moving && momentum < 1 {
				do(momentum, w.value.Float32s())
			}
		}
	}
	statistics(func(_ float64, values []float32) { // from 0 they become 1-momentum times those of the batch
		before = append(before, values...)
		clear(values)
	})
	_, err := m.run(graphKey{batch: len(prepared.Labels), training: true, rest: prepared.Rest, forward: true}, prepared)
	share := 1 / float64(n+1)
	statistics(func(momentum float64, values []float32) {
		for i, v := range values {
			v64 := float64(v) / (1 - momentum)
			if n > 0 {
				v64 = float64(v64*share) + float64(float64(before[i])*(1-share))
			}
			values[i] = float32(v64)
		}
		before = before[len(values):]
	})
	return err
}
