package sweep

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/random"
	"cnntrain/internal/spec"
)

// Searches is the catalog of searches that a sweep can name.
var Searches = catalog.New[Search]("search")

// A Search determines the members of a sweep, and how long each trains.
type Search interface {
	// Members returns the settings to try. Params that the search does not support are
	// added to problems.
	Members(params []Param, seed uint64, problems *spec.Problems) []Member
	// Stages returns the stages for a number of members and a spec with a number of epochs.
	Stages(members, epochs int) []Stage
}

// A Stage trains the best members of the previous stage.
type Stage struct {
	Members int `json:"members"`
	Epochs  int `json:"epochs"`
}

// maxMembers limits the size of a sweep.
const maxMembers = 10_000

// drawKey separates the random numbers of searches from all others of the same seed.
const drawKey = 0x7377656570 // "sweep"

// draw returns n different members, or fewer if there are not as many.
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
