package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"
	"cnntrain/internal/random"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "random_brightness",
	Keras:   "RandomBrightness",
	Example: "random_brightness: 0.1",
	Input:   []int{4, 3, 2},
	Doc: `Adds a random amount to all values of an image, drawn for each image in each training step.

The result is clipped to value_range. Inactive during inference.`,
	New: func(o *catalog.Options) Layer {
		l := &randomBrightness{recolor: newRecolor()}
		o.Bind(&l.factor, "factor", "bounds of the amount as a fraction of value_range; one number f is from -f to f").Required().Min(-1).Max(1)
		valueRangeOption(o, &l.valueRange)
		return l
	},
})

type randomBrightness struct {
	recolor
	factor catalog.Range
}

func (l *randomBrightness) Build(g *Graph, x *G.Node, _ []*G.Node) *G.Node {
	return altered(g, x, l, g.Random)
}

func (l *randomBrightness) change() ops.Change { return ops.Brightness(l.low(), l.high()) }

func (l *randomBrightness) draw(r random.Stream, n int, _ Shape, a []float32) {
	low, high := bounds(l.factor)
	a[0] = float32(uniform(r, n, low, high) * (l.valueRange[1] - l.valueRange[0]))
}
