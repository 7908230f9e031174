package schedule

import (
	"math"

	"cnntrain/internal/catalog"
)

var _ = Schedules.Add(catalog.Entry[Schedule]{
	Name:    "polynomial_decay",
	Keras:   "PolynomialDecay",
	Example: "polynomial_decay: {power: 2}",
	Doc: `Decay as a power of the epochs left: linear with the default power of 1.

The learning rate falls to alpha times the optimizer's by the last epoch, or in
decay_epochs. Keras counts decay_steps, and has end_learning_rate in place of alpha, by
default 0.0001.`,
	New: func(o *catalog.Options) Schedule {
		s := &polynomialDecay{power: 1}
		o.Bind(&s.power, "power", "exponent of the fraction of epochs that are left").Above(0)
		o.Bind(&s.alpha, "alpha", "final learning rate as a fraction of the optimizer's").Min(0).Max(1)
		o.Bind(&s.decay, "decay_epochs", "epochs of decay; 0: all").Min(0)
		o.Bind(&s.cycle, "cycle", "whether to decay again, from a lower learning rate, after decay_epochs, in twice as many, then three times")
		return s
	},
})

type polynomialDecay struct {
	power, alpha, decay float64
	cycle               bool
}

func (s *polynomialDecay) Factor(done, epochs float64) float64 {
	decay := orAll(s.decay, epochs)
	if s.cycle {
		decay *= max(1, math.Ceil(done/decay-inexact))
	}
	return s.alpha + float64((1-s.alpha)*math.Pow(1-min(done/decay, 1), s.power))
}
