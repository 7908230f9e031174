package optimizer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/kernels"

	G "gorgonia.org/gorgonia"
)

// ema keeps exponential moving averages of the weights (Polyak and Juditsky 1992), as
// Keras's base class of optimizers does: after step t, counted from 1, the average is w in
// the first step, then momentum·average + (1-momentum)·w.
type ema struct {
	use      bool
	momentum float64
	every    int         // steps after which the weights are set to their averages; 0: never
	averages [][]float32 // by weight
}

func (e *ema) options(o *catalog.Options) {
	e.momentum = 0.99
	o.Bind(&e.use, "use_ema", "whether to keep moving averages of the weights, with which models are evaluated and saved").Quiet()
	o.Bind(&e.momentum, "ema_momentum", "decay rate of the averages of use_ema").Min(0).Max(1).Quiet()
	o.Bind(&e.every, "ema_overwrite_frequency", "number of steps after which the weights are set to their averages; 0: never").Min(0).Quiet()
}

// of returns the average of weight i, which starts as the weight w itself.
func (e *ema) of(i int, w []float32) []float32 {
	for len(e.averages) <= i {
		e.averages = append(e.averages, nil)
	}
	if e.averages[i] == nil {
		e.averages[i] = kernels.Memory(len(w))
		copy(e.averages[i], w)
	}
	return e.averages[i]
}

// update follows weight i, which a step has changed, with updates completed before it.
func (e *ema) update(i int, w []float32, updates int) {
	average, momentum := e.of(i, w), e.momentum
	if updates == 0 {
		momentum = 0
	}
	kernels.Combine(average, average, w, float32(momentum), float32(1-momentum))
	if e.every > 0 && (updates+1)%e.every == 0 {
		copy(w, average)
	}
}

func (b *base) Swap(weights []G.ValueGrad) (swapped bool, err error) {
	if !b.ema.use {
		return false, nil
	}
	tensors, err := dense(weights)
	for i, t := range tensors {
		w := t.Float32s()
		average := b.ema.of(i, w)
		for j, v := range w {
			w[j], average[j] = average[j], v
		}
	}
	return true, err
}
