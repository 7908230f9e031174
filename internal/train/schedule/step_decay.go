package schedule

import (
	"math"

	"cnntrain/internal/catalog"
)

var _ = Schedules.Add(catalog.Entry[Schedule]{
	Name:    "step_decay",
	Example: "step_decay: {epochs: 20, factor: 0.5}",
	Doc:     "Multiplies the learning rate by factor every given number of epochs.",
	New: func(o *catalog.Options) Schedule {
		s := &stepDecay{factor: 0.1}
		o.Bind(&s.epochs, "epochs", "epochs between two changes").Required().Min(1)
		o.Bind(&s.factor, "factor", "factor by which the learning rate is multiplied").Above(0).Max(1)
		return s
	},
})

type stepDecay struct {
	epochs int
	factor float64
}

func (s *stepDecay) Factor(done, _ float64) float64 {
	return math.Pow(s.factor, math.Floor(done/float64(s.epochs)))
}
