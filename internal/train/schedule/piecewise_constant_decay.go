package schedule

import (
	"errors"
	"fmt"

	"cnntrain/internal/catalog"
)

var _ = Schedules.Add(catalog.Entry[Schedule]{
	Name:    "piecewise_constant_decay",
	Keras:   "PiecewiseConstantDecay",
	Example: "piecewise_constant_decay: {boundaries: [30, 60], factors: [1, 0.1, 0.01]}",
	Doc: `Multiplies the optimizer's learning rate by another factor after each boundary.

Keras counts steps, of which the one at a boundary still has the rate before it, and has
values, the learning rates themselves, in place of factors.`,
	New: func(o *catalog.Options) Schedule {
		s := &piecewiseConstantDecay{}
		o.Bind(&s.boundaries, "boundaries", "completed epochs after which the next factor applies, rising; may be fractional").Required().Above(0)
		o.Bind(&s.factors, "factors", "factors of the learning rate, one more than boundaries").Required().Min(0)
		o.Check(func() error {
			for i := 1; i < len(s.boundaries); i++ {
				if s.boundaries[i] <= s.boundaries[i-1] {
					return errors.New("boundaries must rise")
				}
			}
			if len(s.factors) != len(s.boundaries)+1 {
				return fmt.Errorf("factors must be one more than boundaries, %d; got %d", len(s.boundaries)+1, len(s.factors))
			}
			return nil
		})
		return s
	},
})

type piecewiseConstantDecay struct{ boundaries, factors catalog.Floats }

func (s *piecewiseConstantDecay) Factor(done, _ float64) float64 {
	i := 0
	for i < len(s.boundaries) && done >= s.boundaries[i] {
		i++
	}
	return s.factors[i]
}
