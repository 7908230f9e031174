package sweep

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/random"
	"cnntrain/internal/spec"
)

// Searches is how the members of a sweep may be chosen.
var Searches = catalog.New[Search]("search")

// A Search chooses the members of a sweep, and how long each trains.
type Search interface {
	// Members returns the settings to try. Params that the search cannot use go to problems.
	Members(params []Param, seed uint64, problems *spec.Problems) []Member
	// Stages returns what to train, one stage after the other, of so many members
	// of a spec with so many epochs.
	Stages(members, epochs int) []Stage
}

// A Stage is the training of the best members of the stage before.
type Stage struct {
	Members int `json:"members"`
	Epochs  int `json:"epochs"`
}

// maxMembers bounds a sweep.
const maxMembers = 10_000

// drawKey sets the numbers for drawing apart from all others of the same seed.
const drawKey = 0x7377656570 // "sweep"

// draw returns n different members, or as many as there are.
func draw(params []Param, seed uint64, n int) (all []Member) {
	seen := map[string]bool{}
	for i := 0; len(all) < n && i < 100*n; i++ {
		s := random.New(seed, drawKey, uint64(i))
		var m Member
		key := ""
		for p, param := range params {
			m = append(m, param.draw(s.Float64(uint64(p))))
			key += spec.Text(m[p]) + "\n"
		}
		if !seen[key] {
			seen[key] = true
			all = append(all, m)
		}
	}
	return all
}
