package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/random"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "random_shear",
	Keras:   "RandomShear",
	Example: "random_shear: {x_factor: 0.2, y_factor: 0.1}",
	Input:   []int{4, 3, 2},
	Doc: `Shears each image by random amounts, drawn in each training step.

The pixel at column x and row y is read from column x + a·y and row y + b·x. As in Keras 3, both
change their signs in half of the images, together; so [0.1, 0.2] is from 0.1 to 0.2 either way.
Inactive during inference.`,
	New: func(o *catalog.Options) Layer {
		l := &randomShear{geometric: newGeometric(), x: catalog.Range{0}, y: catalog.Range{0}}
		o.Bind(&l.x, "x_factor", "bounds of a; one number f is from -f to f").Min(0).Max(1)
		o.Bind(&l.y, "y_factor", "bounds of b; one number f is from -f to f").Min(0).Max(1)
		l.options(o)
		return l
	},
})

type randomShear struct {
	geometric
	x, y catalog.Range
}

func (l *randomShear) Build(g *Graph, x *G.Node, _ []*G.Node) *G.Node {
	return altered(g, x, l, g.Random)
}

func (l *randomShear) draw(r random.Stream, n int, _ Shape, m []float32) {
	sign := 1.0
	if r.Float64(uint64(3*n)) > 0.5 {
		sign = -1
	}
	low, high := bounds(l.y)
	b := sign * uniform(r, 3*n+1, low, high)
	low, high = bounds(l.x)
	a := sign * uniform(r, 3*n+2, low, high)
	setMatrix(m, 0, [6]float64{1, a, 0, b, 1, 0})
}
