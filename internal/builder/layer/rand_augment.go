package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "rand_augment",
	Keras:   "RandAugment",
	Example: "rand_augment: {num_ops: 2, factor: 0.3}",
	Input:   []int{4, 3, 3},
	Doc: `Applies num_ops changes to each image, drawn from eleven in each training step (Cubuk et al. 2019).

The changes and their order are those of Keras 3, each with a strength up to factor: random_shear,
random_translation (to the lower right), random_rotation, random_brightness, random_color_degeneration,
random_contrast, random_sharpness, random_posterization, solarization, auto_contrast, equalization.
They are drawn for each image, as in the paper; Keras draws them for a whole batch. Inactive during
inference.`,
	New: func(o *catalog.Options) Layer {
		l := &randAugment{recolor: newRecolor(), ops: 2, factor: catalog.Range{0.5}, interpolation: "bilinear"}
		valueRangeOption(o, &l.valueRange)
		o.Bind(&l.ops, "num_ops", "number of changes of an image").Min(1)
		o.Bind(&l.factor, "factor", "bounds of their strength; one number f is from 0 to f").Min(0).Max(1)
		o.Bind(&l.interpolation, "interpolation", "interpolation of values between pixels").OneOf("bilinear", "nearest")
		return l
	},
})

type randAugment struct {
	recolor
	ops           int
	factor        catalog.Range
	interpolation string
}

func (*randAugment) Shape(in Shape) (Shape, error) { return rgb(in) }

// choices returns the changes to draw from, in Keras's order.
func (l *randAugment) choices() []change {
	low, high := upTo(l.factor)
	f := catalog.Range{low, high}
	move := newGeometric()
	move.interpolation = l.interpolation
	bits := max(1, float64(int(8*high)))
	return []change{
		&randomShear{move, f, f},
		&randomTranslation{move, f, f},
		&randomRotation{move, f},
		&randomBrightness{l.recolor, f},
		&randomColorDegeneration{l.recolor, f},
		&randomContrast{l.recolor, f},
		&randomSharpness{l.recolor, f},
		&randomPosterization{l.recolor, catalog.Range{bits}},
		&solarization{l.recolor, f, f},
		&autoContrast{l.valueRange},
		&equalization{l.recolor, 256},
	}
}

func (l *randAugment) Build(g *Graph, x *G.Node, _ []*G.Node) *G.Node {
	if !g.Training {
		return x
	}
	choices, in := l.choices(), Shape(x.Shape()[1:])
	changes := make([]ops.Change, len(choices))
	for k, c := range choices {
		changes[k] = c.change()
	}
	for i := range l.ops {
		x = ops.Choose(x, changes, func(n int, a []float32) int {
			r, n := g.Random().With(uint64(i)), g.position(n)
			k := int(uniform(r, n, 0, float64(len(choices))))
			choices[k].draw(r.With(uint64(k)), n, in, a)
			return k
		})
	}
	return x
}
