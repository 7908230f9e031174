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
		w := warmup(s, o)
		o.Bind(&s.decay, "decay_epochs", "epochs of decay; 0: all after the warmup").Min(0)
		return w
	},
})

type cosineDecay struct{ alpha, decay float64 }

func (s *cosineDecay) Factor(done, epochs float64) float64 {
	share := done / orAll(s.decay, epochs)
	return cosine(s.alpha, min(share, 1))
}

// orAll returns the epochs of a decay; 0 stands for all. A warmup may leave less than one epoch,
// or none: then the decay is never reached.
func orAll(decay, epochs float64) float64 {
	switch {
	case decay > 0:
		return decay
	case epochs > 0:
		return epochs
	}
	return 1
}

// cosine falls from 1 to alpha as share rises from 0 to 1.
func cosine(alpha, share float64) float64 {
	return alpha + float64((1-alpha)*(1+math.Cos(math.Pi*share))/2)
}
