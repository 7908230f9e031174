package schedule

import (
	"math"

	"cnntrain/internal/catalog"
)

var _ = Schedules.Add(catalog.Entry[Schedule]{
	Name:    "cosine_decay_restarts",
	Keras:   "CosineDecayRestarts",
	Example: "cosine_decay_restarts: {first_decay_epochs: 10}",
	Doc: `Cosine decay that begins again and again: warm restarts (SGDR, Loshchilov and Hutter 2017).

Each period is t_mul times as long as the one before it, and begins with m_mul times its
learning rate. Keras counts first_decay_steps.`,
	New: func(o *catalog.Options) Schedule {
		s := &cosineDecayRestarts{longer: 2, lower: 1}
		o.Bind(&s.first, "first_decay_epochs", "epochs of the first period; may be fractional").Required().Above(0)
		o.Bind(&s.longer, "t_mul", "length of a period as a multiple of the one before it").Min(1)
		o.Bind(&s.lower, "m_mul", "initial learning rate of a period as a multiple of that of the one before it").Above(0)
		o.Bind(&s.alpha, "alpha", "lowest learning rate as a fraction of the optimizer's").Min(0).Max(1)
		return s
	},
})

type cosineDecayRestarts struct{ first, longer, lower, alpha float64 }

func (s *cosineDecayRestarts) Factor(done, _ float64) float64 {
	done /= s.first
	restarts, length := 0.0, 1.0
	if s.longer == 1 {
		restarts = whole(done)
		done -= restarts
	}
	for done >= length-inexact {
		done -= length
		length *= s.longer
		restarts++
	}
	return s.alpha + float64((1-s.alpha)*math.Pow(s.lower, restarts)*(1+math.Cos(math.Pi*done/length))/2)
}
