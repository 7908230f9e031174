package schedule

import "cnntrain/internal/catalog"

var _ = Schedules.Add(catalog.Entry[Schedule]{
	Name:    "one_cycle",
	Example: "one_cycle: {pct_start: 0.25}",
	Doc: `One cycle: the learning rate rises to the optimizer's, then falls far below where it began (Smith and Topin 2018).

The options are those of PyTorch's OneCycleLR, whose max_lr is the optimizer's learning
rate; momentum is not changed. The cycle is as long as the training.`,
	New: func(o *catalog.Options) Schedule {
		s := &oneCycle{rise: 0.3, div: 25, finalDiv: 1e4, anneal: "cos"}
		o.Bind(&s.rise, "pct_start", "fraction of the training in which the learning rate rises").Above(0).Below(1)
		o.Bind(&s.div, "div_factor", "highest learning rate divided by the first").Min(1)
		o.Bind(&s.finalDiv, "final_div_factor", "first learning rate divided by the last").Min(1)
		o.Bind(&s.anneal, "anneal_strategy", "shape of rise and fall: cos or linear").OneOf("cos", "linear")
		return s
	},
})

type oneCycle struct {
	rise, div, finalDiv float64
	anneal              string
}

func (s *oneCycle) Factor(done, epochs float64) float64 {
	share := min(done/max(epochs, 1), 1)
	if share < s.rise {
		return s.between(1/s.div, share/s.rise)
	}
	return s.between(1/s.div/s.finalDiv, (1-share)/(1-s.rise))
}

// between rises from low to 1 as share rises from 0 to 1.
func (s *oneCycle) between(low, share float64) float64 {
	if s.anneal == "linear" {
		return low + float64((1-low)*share)
	}
	return cosine(low, 1-share)
}
