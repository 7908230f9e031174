package optimizer

import (
	"math"

	"cnntrain/internal/catalog"
	"cnntrain/internal/kernels"
)

// lookahead keeps slow weights, which begin as the weights, and after every few updates go a
// part of the way to them and replace them (Zhang et al., Lookahead Optimizer: k steps
// forward, 1 step back, 2019). The options are those of TensorFlow Addons, and ramp_power, with
// which the slow weights begin as the weights themselves (Jordan 2024).
type lookahead struct {
	given  bool
	period int     // k in the paper
	size   float64 // α
	power  float64 // of the progress; 0: α is constant
	done   float64 // progress: what fraction of the training is done after the step
	slow   weightSlot
}

func (l *lookahead) options(o *catalog.Options) {
	catalog.Group(o, &l.given, "lookahead", "keep slow weights, with which models are evaluated: every sync_period (6) updates they move by slow_step_size (0.5) of the way to the weights, which then are set to them; with ramp_power: 3 they begin with the whole way", func(o *catalog.Options) {
		l.period, l.size = 6, 0.5
		o.Bind(&l.period, "sync_period", "number of updates after which the slow weights move").Min(1)
		o.Bind(&l.size, "slow_step_size", "how far they move, as a fraction of the way").Above(0).Max(1)
		o.Bind(&l.power, "ramp_power", "in the course of the training that fraction falls from 1 to slow_step_size: the slow weights keep (1 - slow_step_size) times this power of the share of the training that is done; 0: it is constant").Min(0).Quiet()
	})
}

// update follows weight i, which an update has changed, with so many updates before it.
func (l *lookahead) update(i int, w []float32, updates int) {
	if (updates+1)%l.period != 0 {
		return
	}
	keep := 1 - l.size
	if l.power > 0 {
		keep *= math.Pow(l.done, l.power)
	}
	slow := l.slow.of(i, w)
	kernels.Combine(slow, slow, w, float32(keep), float32(1-keep))
	copy(w, slow)
}

// A weightSlot is a state tensor for each weight that begins as the weight.
type weightSlot struct{ data [][]float32 } // by weight

// of returns the tensor of weight i, whose values are w if it is new.
func (s *weightSlot) of(i int, w []float32) []float32 {
	for len(s.data) <= i {
		s.data = append(s.data, nil)
	}
	if s.data[i] == nil {
		s.data[i] = kernels.Memory(len(w))
		copy(s.data[i], w)
	}
	return s.data[i]
}

func (b *base) SetProgress(done float64) { b.lookahead.done = min(done, 1) }
func (b *base) Progresses() bool         { return b.lookahead.given && b.lookahead.power > 0 }
