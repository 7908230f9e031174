package sweep

import (
	"slices"

	"cnntrain/internal/catalog"
	"cnntrain/internal/spec"
)

var _ = Searches.Add(catalog.Entry[Search]{
	Name:    "grid",
	Doc:     "Every combination of the values.\nThe last param varies fastest. Each param needs a list of values.",
	Example: "grid",
	New:     func(*catalog.Options) Search { return grid{} },
})

type grid struct{}

func (grid) Members(params []Param, _ uint64, problems *spec.Problems) []Member {
	all := []Member{nil}
	for _, p := range params {
		if p.Range != nil {
			problems.Add(p.Pos, "%s: a grid needs a list of values, not a range; or search: {random: 20}", p.Path)
			return nil
		}
		if len(all)*len(p.Values) > maxMembers {
			problems.Add(p.Pos, "%s: a grid of over %d members; shorten the lists, or search: {random: 20}", p.Path, maxMembers)
			return nil
		}
		var longer []Member
		for _, m := range all {
			for _, v := range p.Values {
				longer = append(longer, append(slices.Clip(m), v))
			}
		}
		all = longer
	}
	return all
}

func (grid) Stages(members, epochs int) []Stage { return []Stage{{members, epochs}} }
