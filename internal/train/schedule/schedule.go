// Package schedule holds the ways the learning rate changes as training goes on,
// one file each.
package schedule

import "cnntrain/internal/catalog"

// A Schedule scales the learning rate of the optimizer.
type Schedule interface {
	// Factor returns by how much, after done epochs of a training of epochs. It is
	// asked before each step, so done has fractions, and depends on nothing else.
	Factor(done float64, epochs int) float64
}

// Schedules is every schedule a spec may name.
var Schedules = catalog.New[Schedule]("schedule")
