package sweep

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/spec"
)

var _ = Searches.Add(catalog.Entry[Search]{
	Name:    "random",
	Doc:     "Random settings without duplicates (Bergstra and Bengio 2012).\nIf only a few of many options matter, it finds good settings sooner than a grid.",
	Example: "random: 20",
	New: func(o *catalog.Options) Search {
		r := &randomly{}
		o.Bind(&r.runs, "runs", "number of settings to draw").Required().Min(1).Max(maxMembers)
		return r
	},
})

type randomly struct{ runs int }

func (r *randomly) Members(params []Param, seed uint64, _ *spec.Problems) []Member {
	return draw(params, seed, r.runs)
}

func (r *randomly) Stages(members, epochs int) []Stage { return []Stage{{members, epochs}} }
