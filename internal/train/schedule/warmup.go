package schedule

import "cnntrain/internal/catalog"

// warmable gives every schedule the option warmup_epochs.
func warmable(c *catalog.Catalog[Schedule]) *catalog.Catalog[Schedule] {
	c.Common = func(s Schedule, o *catalog.Options) Schedule {
		if w, ok := s.(*warmed); ok { // it has declared the option itself
			return w
		}
		w := warmup(s, o)
		o.Field("warmup_epochs").Quiet()
		return w
	}
	return c
}

// warmup declares the option warmup_epochs and returns s with it.
func warmup(s Schedule, o *catalog.Options) *warmed {
	w := &warmed{Schedule: s}
	o.Bind(&w.epochs, "warmup_epochs", "epochs of linear warmup, from 0, after which the schedule begins; may be fractional").Min(0)
	return w
}

// warmed is a schedule that begins after a warmup, as CosineDecay of Keras does.
type warmed struct {
	Schedule
	epochs float64
}

func (w *warmed) Factor(done, epochs float64) float64 {
	if done < w.epochs {
		return done / w.epochs * w.Schedule.Factor(0, epochs-w.epochs)
	}
	return w.Schedule.Factor(done-w.epochs, epochs-w.epochs)
}
