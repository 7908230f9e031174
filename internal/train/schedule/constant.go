package schedule

import "cnntrain/internal/catalog"

var _ = Schedules.Add(catalog.Entry[Schedule]{
	Name:    "constant",
	Example: "constant",
	Doc:     "Keeps the optimizer's learning rate constant.",
	New:     func(*catalog.Options) Schedule { return constant{} },
})

// Constant is the schedule that changes nothing.
var Constant Schedule = constant{}

type constant struct{}

func (constant) Factor(_, _ float64) float64 { return 1 }
