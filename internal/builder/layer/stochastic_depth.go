package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/random"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "stochastic_depth",
	Keras:   "StochasticDepth",
	Example: "stochastic_depth: 0.2",
	Input:   []int{4, 3, 2},
	Doc: `Sets all values of an example to 0 at random in each training step, at the end of a residual path (Huang et al. 2016).

The values of the other examples are multiplied by 1 / (1 - rate). The name is that of
keras.applications, whose ConvNeXt has this layer. Inactive during inference.`,
	New: func(o *catalog.Options) Layer {
		l := &stochasticDepth{}
		o.Bind(&l.rate, "drop_path_rate", "fraction of the examples whose path is dropped").Required().Min(0).Below(1)
		return l
	},
})

type stochasticDepth struct {
	noise
	rate float64
}

func (l *stochasticDepth) Build(g *Graph, x *G.Node, _ []*G.Node) *G.Node {
	if !g.Training || l.rate == 0 {
		return x
	}
	size := uint64(Shape(x.Shape()[1:]).Size())
	scale := float32(1 / (1 - l.rate))
	keep := func(r random.Stream, i uint64, v float32) float32 {
		if r.Float64(i/size) < l.rate {
			return 0
		}
		return v * scale
	}
	return drawn(g, "stochastic_depth", x, keep, keep)
}
