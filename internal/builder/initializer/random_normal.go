package initializer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/random"
)

var _ = Initializers.Add(catalog.Entry[Initializer]{
	Name:    "random_normal",
	Keras:   "RandomNormal",
	Example: "random_normal: {stddev: 0.01}",
	Doc:     "Normal with the given mean and standard deviation.",
	New: func(o *catalog.Options) Initializer {
		n := &randomNormal{0, 0.05}
		o.Bind(&n.mean, "mean", "the mean")
		o.Bind(&n.deviation, "stddev", "the standard deviation").Min(0)
		return n
	},
})

type randomNormal struct{ mean, deviation float64 }

func (n *randomNormal) Fill(w []float32, _ []int, r random.Stream) {
	for i := range w {
		w[i] = float32(n.mean + float64(n.deviation*r.Normal(uint64(i))))
	}
}
