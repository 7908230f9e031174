package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/random"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "gaussian_noise",
	Keras:   "GaussianNoise",
	Example: "gaussian_noise: 0.2",
	Input:   []int{4, 3, 2},
	Doc: `Adds normally distributed noise with mean 0 to each value in each training step.

Inactive during inference.`,
	New: func(o *catalog.Options) Layer {
		l := &gaussianNoise{}
		o.Bind(&l.stddev, "stddev", "standard deviation of the noise").Required().Min(0).Max(1)
		return l
	},
})

type gaussianNoise struct {
	noise
	stddev float64
}

func (l *gaussianNoise) Build(g *Graph, x *G.Node, _ []*G.Node) *G.Node {
	if !g.Training || l.stddev == 0 {
		return x
	}
	return drawn(g, "gaussian_noise", x,
		func(r random.Stream, i uint64, v float32) float32 { return v + float32(l.stddev*r.Normal(i)) },
		func(_ random.Stream, _ uint64, dy float32) float32 { return dy })
}
