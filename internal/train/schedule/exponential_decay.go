package schedule

import (
	"math"

	"cnntrain/internal/catalog"
)

var _ = Schedules.Add(catalog.Entry[Schedule]{
	Name:    "exponential_decay",
	Keras:   "ExponentialDecay",
	Example: "exponential_decay: {decay_rate: 0.95}",
	Doc: `Exponential decay: the learning rate falls in each step, by a factor of decay_rate every decay_epochs.

Keras counts decay_steps: decay_epochs times the steps of an epoch.`,
	New: func(o *catalog.Options) Schedule {
		s := &exponentialDecay{epochs: 1}
		o.Bind(&s.rate, "decay_rate", "factor by which the learning rate is multiplied").Required().Above(0).Max(1)
		o.Bind(&s.epochs, "decay_epochs", "epochs for one factor of decay_rate; may be fractional").Above(0)
		o.Bind(&s.staircase, "staircase", "whether to change the learning rate only at multiples of decay_epochs")
		return s
	},
})

type exponentialDecay struct {
	rate, epochs float64
	staircase    bool
}

func (s *exponentialDecay) Factor(done, _ float64) float64 {
	power := done / s.epochs
	if s.staircase {
		power = whole(power)
	}
	return math.Pow(s.rate, power)
}
