package schedule

import "cnntrain/internal/catalog"

var _ = Schedules.Add(catalog.Entry[Schedule]{
	Name:    "inverse_time_decay",
	Keras:   "InverseTimeDecay",
	Example: "inverse_time_decay: {decay_rate: 0.5}",
	Doc: `Divides the learning rate by 1 + decay_rate times the epochs done, over decay_epochs.

Keras counts decay_steps: decay_epochs times the steps of an epoch.`,
	New: func(o *catalog.Options) Schedule {
		s := &inverseTimeDecay{epochs: 1}
		o.Bind(&s.rate, "decay_rate", "how much is added to the divisor in decay_epochs").Required().Above(0)
		o.Bind(&s.epochs, "decay_epochs", "epochs in which decay_rate is added once; may be fractional").Above(0)
		o.Bind(&s.staircase, "staircase", "whether to change the learning rate only at multiples of decay_epochs")
		return s
	},
})

type inverseTimeDecay struct {
	rate, epochs float64
	staircase    bool
}

func (s *inverseTimeDecay) Factor(done, _ float64) float64 {
	times := done / s.epochs
	if s.staircase {
		times = whole(times)
	}
	return 1 / (1 + float64(s.rate*times))
}
