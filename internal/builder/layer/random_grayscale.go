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
	return altered(g, x, l, g.Random)
}

func (l *randomGrayscale) change() ops.Change { return ops.Grayscale() }

func (l *randomGrayscale) draw(r random.Stream, n int, _ Shape, a []float32) {
	a[0] = 0
	if r.Float64(uint64(n)) < l.factor {
		a[0] = 1
	}
}
