package optimizer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/kernels"

	G "gorgonia.org/gorgonia"
)

// accumulation updates the weights only every few steps, with the mean of their gradients,
// as Keras does: in the steps between, weights stay as they are. What is accumulated at the
// end of an epoch is kept for the next.
type accumulation struct {
	steps int  // 0 and 1: every step is an update
	sums  slot // of gradients since the last update
}

func (a *accumulation) options(o *catalog.Options) {
	a.sums.name = "gradient_accumulator"
	o.Bind(&a.steps, "gradient_accumulation_steps", "number of steps whose mean gradient is one update of the weights; 0: 1").Min(0).Quiet()
}

func (a *accumulation) use() bool { return a.steps > 1 }

// updates returns the number of completed updates of the weights.
func (b *base) updates() int { return b.iterations / max(b.accumulation.steps, 1) }

// accumulate is a step that does not update the weights. Their moving averages are updated,
// as in Keras.
func (b *base) accumulate(weights []G.ValueGrad) error {
	for i, v := range weights {
		w, g, err := values(v)
		if err != nil {
			return err
		}
		if !kernels.AllFinite(g) {
			return &NonFiniteError{Index: i, Gradient: true}
		}
		sum := b.accumulation.sums.of(i, len(g))
		kernels.Combine(sum, sum, g, 1, 1)
		b.end(i, w)
	}
	b.iterations++
	return nil
}

// mean replaces the gradients by their means since the last update, and forgets those.
func (b *base) mean(weights []G.ValueGrad) error {
	share := 1 / float32(b.accumulation.steps)
	for i, v := range weights {
		_, g, err := values(v)
		if err != nil {
			return err
		}
		sum := b.accumulation.sums.of(i, len(g))
		kernels.Combine(g, g, sum, share, share)
		clear(sum)
	}
	return nil
}
