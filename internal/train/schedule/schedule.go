// Package schedule holds the learning rate schedules, one file each.
package schedule

import (
	"math"

	"cnntrain/internal/catalog"
)

// A Schedule scales the learning rate of the optimizer.
type Schedule interface {
	// Factor returns the factor of the learning rate after done of epochs epochs. It is
	// called before each step, so done has fractions; after a warmup, both count from its
	// end. The factor depends only on the arguments.
	Factor(done, epochs float64) float64
}

// Momentum returns the momentum that s gives the optimizer after done of epochs epochs; ok is false
// if s leaves it as it is.
func Momentum(s Schedule, done, epochs float64) (momentum float64, ok bool) {
	if w, warm := s.(*warmed); warm {
		return Momentum(w.Schedule, max(0, done-w.epochs), epochs-w.epochs)
	}
	if m, cycles := s.(interface {
		Momentum(done, epochs float64) (float64, bool)
	}); cycles {
		return m.Momentum(done, epochs)
	}
	return 0, false
}

// inexact bounds the error of a number of periods, which is computed from epochs with fractions; a
// step is far more.
const inexact = 1e-9

// whole returns the number of whole periods.
func whole(periods float64) float64 { return math.Floor(periods + inexact) }

// Schedules is the catalog of schedules that a spec can name.
var Schedules = warmable(catalog.New[Schedule]("schedule"))
