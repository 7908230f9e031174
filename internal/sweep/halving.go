package sweep

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/spec"
)

var _ = Searches.Add(catalog.Entry[Search]{
	Name: "halving",
	Doc: `Successive halving: many settings for a few epochs, the best of them for more (Jamieson and Talwalkar 2016).
Settings are drawn at random and trained for min_epochs. The best fraction 1/factor of them
is trained for factor times the epochs, and so on up to the epochs of the spec. Each stage
continues the trainings of the previous one, with the same bytes as from the start. Where that
is impossible (a train.schedule that depends on the number of epochs, restored weights) it
trains from the start and says so.`,
	Example: "halving: {runs: 27, min_epochs: 2, factor: 3}",
	New: func(o *catalog.Options) Search {
		h := &halving{epochs: 1, factor: 3}
		o.Bind(&h.runs, "runs", "number of settings to draw").Required().Min(1).Max(maxMembers)
		o.Bind(&h.epochs, "min_epochs", "epochs of each member in the first stage").Min(1)
		o.Bind(&h.factor, "factor", "factor by which each stage has fewer members, and more epochs").Min(2)
		return h
	},
})

type halving struct{ runs, epochs, factor int }

func (h *halving) Members(params []Param, seed uint64, problems *spec.Problems) []Member {
	for _, p := range params {
		if p.Path == "train.epochs" {
			problems.Add(p.Pos, "train.epochs: is what halving decides; set it in the spec")
		}
	}
	return draw(params, seed, h.runs)
}

// Stages ends with a stage that trains all epochs, for one member or for the last few.
func (h *halving) Stages(members, epochs int) []Stage {
	var stages []Stage
	for e := h.epochs; members > 1 && e < epochs; e *= h.factor {
		stages = append(stages, Stage{members, e})
		members = max(1, members/h.factor)
	}
	return append(stages, Stage{members, epochs})
}
