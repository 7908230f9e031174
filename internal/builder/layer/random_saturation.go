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
	if !g.Training {
		return x
	}
	return ops.Saturation(x, l.low(), l.high(), amounts(g, saturationFactor(l.factor)))
}

// saturationFactor draws the factor of image n.
func saturationFactor(factor catalog.Range) func(r random.Stream, n int) float64 {
	low, high := upTo(factor)
	return func(r random.Stream, n int) float64 {
		f := uniform(r, n, low, high)
		return f / (1 - f + 1e-7) // keras.config.epsilon
	}
}
