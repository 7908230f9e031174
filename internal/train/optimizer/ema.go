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
	every    int // steps after which the weights are set to their averages; 0: never
	averages weightSlot
}

func (e *ema) options(o *catalog.Options) {
	e.momentum = 0.99
	o.Bind(&e.use, "use_ema", "whether to keep moving averages of the weights, with which models are evaluated and saved").Quiet()
	o.Bind(&e.momentum, "ema_momentum", "decay rate of the averages of use_ema").Min(0).Max(1).Quiet()
	o.Bind(&e.every, "ema_overwrite_frequency", "number of steps after which the weights are set to their averages; 0: never").Min(0).Quiet()
}

// update follows weight i, which a step has changed, with updates completed before it.
func (e *ema) update(i int, w []float32, updates int) {
	average, momentum := e.averages.of(i, w), e.momentum
	if updates == 0 {
		momentum = 0
	}
	kernels.Combine(average, average, w, float32(momentum), float32(1-momentum))
	if e.every > 0 && (updates+1)%e.every == 0 {
		copy(w, average)
	}
}

// shown returns what is evaluated in place of the weights, nil if they are themselves.
func (b *base) shown() *weightSlot {
	switch {
	case b.ema.use:
		return &b.ema.averages
	case b.swa.given:
		return &b.swa.averages
	case b.lookahead.given:
		return &b.lookahead.slow
	}
	return nil
}

func (b *base) Swap(weights []G.ValueGrad) (swapped bool, err error) {
	shown := b.shown()
	if shown == nil {
		return false, nil
	}
	tensors, err := dense(weights)
	for i, t := range tensors {
		w := t.Float32s()
		other := shown.of(i, w)
		for j, v := range w {
			w[j], other[j] = other[j], v
		}
	}
	return true, err
}
