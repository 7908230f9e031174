package layer

import (
	"math"

	"cnntrain/internal/catalog"
	"cnntrain/internal/random"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "gaussian_dropout",
	Keras:   "GaussianDropout",
	Example: "gaussian_dropout: 0.2",
	Input:   []int{4, 3, 2},
	Doc: `Multiplies each value by normally distributed noise with mean 1 in each training step.

Its standard deviation, sqrt(rate / (1 - rate)), is that of dropout with the same rate
(Srivastava et al. 2014). Inactive during inference.`,
	New: func(o *catalog.Options) Layer {
		l := &gaussianDropout{}
		rateOption(o, &l.rate, "rate of the dropout with the same standard deviation")
		return l
	},
})

type gaussianDropout struct {
	noise
	rate float64
}

func (l *gaussianDropout) Build(g *Graph, x *G.Node, _ []*G.Node) *G.Node {
	if !g.Training || l.rate == 0 {
		return x
	}
	deviation := math.Sqrt(l.rate / (1 - l.rate))
	multiply := func(r random.Stream, i uint64, v float32) float32 {
		return v * float32(1+float64(deviation*r.Normal(i)))
	}
	return drawn(g, "gaussian_dropout", x, multiply, multiply)
}
