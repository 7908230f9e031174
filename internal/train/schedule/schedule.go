// Package schedule holds the learning rate schedules, one file each.
package schedule

import "cnntrain/internal/catalog"

// A Schedule scales the learning rate of the optimizer.
type Schedule interface {
	// Factor returns the factor of the learning rate after done of epochs epochs. It is
	// called before each step, so done has fractions; after a warmup, both count from its
	// end. The factor depends only on the arguments.
	Factor(done, epochs float64) float64
}

// Schedules is the catalog of schedules that a spec can name.
var Schedules = warmable(catalog.New[Schedule]("schedule"))
