package layer

import (
	"math"

	"cnntrain/internal/catalog"
	"cnntrain/internal/random"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "alpha_dropout",
	Keras:   "AlphaDropout",
	Example: "alpha_dropout: 0.2",
	Input:   []int{4, 3, 2},
	Doc: `Dropout that keeps the mean 0 and the variance 1 of its input, for networks with selu.

Dropped values become the negative limit of selu, and all values are then scaled and shifted
(Klambauer et al., Self-Normalizing Neural Networks, 2017). Inactive during inference.`,
	New: func(o *catalog.Options) Layer {
		l := &alphaDropout{}
		rateOption(o, &l.rate, "fraction of the inputs to drop")
		return l
	},
})

type alphaDropout struct {
	noise
	rate float64
}

// dropped is the limit of selu for large negative values.
const dropped = -1.6732632423543772848170429916717 * 1.0507009873554804934193349852946

func (l *alphaDropout) Build(g *Graph, x *G.Node, _ []*G.Node) *G.Node {
	if !g.Training || l.rate == 0 {
		return x
	}
	a := 1 / math.Sqrt((1-l.rate)*(1+float64(l.rate*dropped*dropped)))
	b := -a * dropped * l.rate
	return drawn(g, "alpha_dropout", x,
		func(r random.Stream, i uint64, v float32) float32 {
			if r.Float64(i) < l.rate {
				return float32(float64(a*dropped) + b)
			}
			return float32(float32(a)*v) + float32(b)
		},
		func(r random.Stream, i uint64, dy float32) float32 {
			if r.Float64(i) < l.rate {
				return 0
			}
			return float32(a) * dy
		})
}
