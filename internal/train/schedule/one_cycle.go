package schedule

import (
	"errors"

	"cnntrain/internal/catalog"
)

var _ = Schedules.Add(catalog.Entry[Schedule]{
	Name:    "one_cycle",
	Example: "one_cycle: {pct_start: 0.25}",
	Doc: `One cycle: the learning rate rises to the optimizer's, then falls far below where it began (Smith and Topin 2018).

The options are those of PyTorch's OneCycleLR, whose max_lr is the optimizer's learning
rate. With cycle_momentum the momentum of the optimizer, beta_1 of Adam and its like, goes the
other way: from max_momentum down to base_momentum and back. The cycle is as long as the training.`,
	New: func(o *catalog.Options) Schedule {
		s := &oneCycle{rise: 0.3, div: 25, finalDiv: 1e4, anneal: "cos", low: 0.85, high: 0.95}
		o.Bind(&s.rise, "pct_start", "fraction of the training in which the learning rate rises").Above(0).Below(1)
		o.Bind(&s.div, "div_factor", "highest learning rate divided by the first").Min(1)
		o.Bind(&s.finalDiv, "final_div_factor", "first learning rate divided by the last").Min(1)
		o.Bind(&s.anneal, "anneal_strategy", "shape of rise and fall: cos or linear").OneOf("cos", "linear")
		o.Bind(&s.cycles, "cycle_momentum", "whether to change the momentum of the optimizer too").Quiet()
		o.Bind(&s.low, "base_momentum", "momentum at the highest learning rate").Min(0).Below(1).Quiet()
		o.Bind(&s.high, "max_momentum", "momentum at the start and at the end").Min(0).Below(1).Quiet()
		o.Check(func() error {
			if s.low > s.high {
				return errors.New("base_momentum must not be above max_momentum")
			}
			return nil
		})
		return s
	},
})

type oneCycle struct {
	rise, div, finalDiv float64
	anneal              string
	cycles              bool
	low, high           float64 // momentum
}

func (s *oneCycle) Factor(done, epochs float64) float64 {
	height, rises := s.height(done, epochs)
	if rises {
		return s.between(1/s.div, height)
	}
	return s.between(1/s.div/s.finalDiv, height)
}

// Momentum is the mirror image of the learning rate.
func (s *oneCycle) Momentum(done, epochs float64) (momentum float64, ok bool) {
	height, _ := s.height(done, epochs)
	return s.high - float64((s.high-s.low)*s.between(0, height)), s.cycles
}

// height rises from 0 to 1, in time, then falls back.
func (s *oneCycle) height(done, epochs float64) (height float64, rises bool) {
	share := min(done/orAll(0, epochs), 1)
	if share < s.rise {
		return share / s.rise, true
	}
	return (1 - share) / (1 - s.rise), false
}

// between rises from low to 1 as share rises from 0 to 1.
func (s *oneCycle) between(low, share float64) float64 {
	if s.anneal == "linear" {
		return low + float64((1-low)*share)
	}
	return cosine(low, 1-share)
}
