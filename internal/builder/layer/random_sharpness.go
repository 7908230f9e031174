package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"
	"cnntrain/internal/random"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "random_sharpness",
	Keras:   "RandomSharpness",
	Example: "random_sharpness: 0.4",
	Input:   []int{4, 3, 2},
	Doc: `Sharpens or blurs each image by a random factor, drawn in each training step.

A drawn factor of 0.5 leaves the image as it is, 0 blurs it with the neighbours of each pixel,
above 0.5 sharpens. The result is clipped to value_range. Inactive during inference.`,
	New: func(o *catalog.Options) Layer {
		l := &randomSharpness{recolor: newRecolor()}
		o.Bind(&l.factor, "factor", "bounds of the factor; one number f is from 0 to f").Required().Min(0).Max(1)
		valueRangeOption(o, &l.valueRange)
		return l
	},
})

type randomSharpness struct {
	recolor
	factor catalog.Range
}

func (l *randomSharpness) Build(g *Graph, x *G.Node, _ []*G.Node) *G.Node {
	return altered(g, x, l, g.Random)
}

func (l *randomSharpness) change() ops.Change { return ops.Sharpness(l.low(), l.high()) }

func (l *randomSharpness) draw(r random.Stream, n int, _ Shape, a []float32) {
	low, high := upTo(l.factor)
	a[0] = float32(2 * uniform(r, n, low, high))
}
