package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"
	"cnntrain/internal/random"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "random_grayscale",
	Keras:   "RandomGrayscale",
	Example: "random_grayscale: 0.6",
	Input:   []int{4, 3, 3},
	Doc: `Makes images gray at random, drawn for each image in each training step.

All channels become 0.2989·red + 0.587·green + 0.114·blue. Inactive during inference.`,
	New: func(o *catalog.Options) Layer {
		l := &randomGrayscale{factor: 0.5}
		o.Bind(&l.factor, "factor", "fraction of the images that become gray").Min(0).Max(1)
		return l
	},
})

type randomGrayscale struct {
	augmentation
	factor float64
}

func (*randomGrayscale) Shape(in Shape) (Shape, error) { return rgb(in) }

func (l *randomGrayscale) Build(g *Graph, x *G.Node, _ []*G.Node) *G.Node {
	if !g.Training {
		return x
	}
	return ops.Grayscale(x, amounts(g, func(r random.Stream, n int) float64 {
		if r.Float64(uint64(n)) < l.factor {
			return 1
		}
		return 0
	}))
}
