package schedule

import (
	"math"

	"cnntrain/internal/catalog"
)

var _ = Schedules.Add(catalog.Entry[Schedule]{
	Name:    "cosine_decay",
	Keras:   "CosineDecay",
	Example: "cosine_decay: {warmup_epochs: 2}",
	Doc: `Cosine decay of the learning rate (Loshchilov and Hutter 2017), after an optional linear warmup.

The learning rate rises from 0 to the optimizer's in warmup_epochs, then falls to alpha
times that by the last epoch, or in decay_epochs. Keras counts warmup_steps and decay_steps.`,
	New: func(o *catalog.Options) Schedule {
		s := &cosineDecay{}
		o.Bind(&s.alpha, "alpha", "final learning rate as a fraction of the optimizer's").Min(0).Max(1)
		o.Bind(&s.warmup, "warmup_epochs", "epochs of warmup; may be fractional").Min(0)
		o.Bind(&s.decay, "decay_epochs", "epochs of decay; 0: all after the warmup").Min(0)
		return s
	},
})

type cosineDecay struct{ alpha, warmup, decay float64 }

func (s *cosineDecay) Factor(done float64, epochs int) float64 {
	if done < s.warmup {
		return done / s.warmup
	}
	decay := s.decay
	if decay == 0 {
		decay = max(float64(epochs)-s.warmup, 1)
	}
	share := min((done-s.warmup)/decay, 1)
	return s.alpha + float64((1-s.alpha)*(1+math.Cos(math.Pi*share))/2)
}
