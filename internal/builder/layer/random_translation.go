package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/random"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "random_translation",
	Keras:   "RandomTranslation",
	Example: "random_translation: {height_factor: 0.1, width_factor: 0.1}",
	Input:   []int{4, 3, 2},
	Doc: `Shifts each image by a random distance, drawn in each training step.

Factors are fractions of the height and the width; positive ones move down and to the
right. Inactive during inference.

Between pixels, ` + "`bilinear`" + ` blurs the images of training, and those of a test are sharp;
` + "`interpolation: nearest`" + ` shifts by whole pixels, as random crops do.`,
	New: func(o *catalog.Options) Layer {
		l := &randomTranslation{geometric: newGeometric()}
		o.Bind(&l.height, "height_factor", "bounds of the shift down; one number f is from -f to f").Required().Min(-1).Max(1)
		o.Bind(&l.width, "width_factor", "bounds of the shift to the right; one number f is from -f to f").Required().Min(-1).Max(1)
		l.options(o)
		return l
	},
})

type randomTranslation struct {
	geometric
	height, width catalog.Range
}

func (l *randomTranslation) Build(g *Graph, x *G.Node, _ []*G.Node) *G.Node {
	return altered(g, x, l, g.Random)
}

func (l *randomTranslation) draw(r random.Stream, n int, in Shape, m []float32) {
	height, width := float64(in[0]), float64(in[1])
	low, high := bounds(l.height)
	dy := height * uniform(r, 2*n, low, high)
	low, high = bounds(l.width)
	dx := width * uniform(r, 2*n+1, low, high)
	setMatrix(m, 0, [6]float64{1, 0, -dx, 0, 1, -dy})
}
