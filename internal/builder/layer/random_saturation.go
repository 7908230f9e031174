package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"
	"cnntrain/internal/random"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "random_saturation",
	Keras:   "RandomSaturation",
	Example: "random_saturation: [0.2, 0.4]",
	Input:   []int{4, 3, 3},
	Doc: `Multiplies the saturation of each image by a random factor, drawn in each training step.

A drawn f multiplies by f / (1 - f): 0.5 leaves the image as it is, 0 makes it gray. (Keras 3
draws from -f to f if one number f is given, against its own documentation.) As in Keras 3,
the saturation, which is from 0 to 1 in an image, is clipped to value_range, so that with
[0, 255] values can become negative. Inactive during inference.`,
	New: func(o *catalog.Options) Layer {
		l := &randomSaturation{recolor: newRecolor()}
		o.Bind(&l.factor, "factor", "bounds of f; one number is from 0 to it").Required().Min(0).Max(1)
		valueRangeOption(o, &l.valueRange)
		return l
	},
})

type randomSaturation struct {
	recolor
	factor catalog.Range
}

func (*randomSaturation) Shape(in Shape) (Shape, error) { return rgb(in) }

func (l *randomSaturation) Build(g *Graph, x *G.Node, _ []*G.Node) *G.Node {
	return altered(g, x, l, g.Random)
}

func (l *randomSaturation) change() ops.Change { return ops.Saturation(l.low(), l.high()) }

func (l *randomSaturation) draw(r random.Stream, n int, _ Shape, a []float32) {
	low, high := upTo(l.factor)
	f := uniform(r, n, low, high)
	a[0] = float32(f / (1 - f + 1e-7)) // keras.config.epsilon
}
