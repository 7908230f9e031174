package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"
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
	var r random.Stream
	kept := float32(1 / (1 - l.rate))
	return ops.ScaleExamples("stochastic_depth", x, func() { r = g.Random() }, func(n int) float32 {
		if r.Float64(uint64(g.position(n))) < l.rate {
			return 0
		}
		return kept
	})
}
