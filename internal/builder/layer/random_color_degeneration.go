package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"
	"cnntrain/internal/random"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "random_color_degeneration",
	Keras:   "RandomColorDegeneration",
	Example: "random_color_degeneration: 0.5",
	Input:   []int{4, 3, 3},
	Doc: `Makes the colors of each image duller by a random factor, drawn in each training step.

A factor of 0 leaves the image as it is, 1 makes it gray as random_grayscale does, below 0 makes
colors stronger. (Keras 3 draws from -f to f if one number f is given, against its own
documentation.) The result is clipped to value_range. Inactive during inference.`,
	New: func(o *catalog.Options) Layer {
		l := &randomColorDegeneration{recolor: newRecolor()}
		o.Bind(&l.factor, "factor", "bounds of the factor; one number f is from 0 to f").Required().Min(-1).Max(1)
		valueRangeOption(o, &l.valueRange)
		return l
	},
})

type randomColorDegeneration struct {
	recolor
	factor catalog.Range
}

func (*randomColorDegeneration) Shape(in Shape) (Shape, error) { return rgb(in) }

func (l *randomColorDegeneration) Build(g *Graph, x *G.Node, _ []*G.Node) *G.Node {
	return altered(g, x, l, g.Random)
}

func (l *randomColorDegeneration) change() ops.Change {
	return ops.ColorDegeneration(l.low(), l.high())
}

func (l *randomColorDegeneration) draw(r random.Stream, n int, _ Shape, a []float32) {
	low, high := upTo(l.factor)
	a[0] = float32(uniform(r, n, low, high))
}
