package layer

import (
	"fmt"

	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "random_contrast",
	Keras:   "RandomContrast",
	Example: "random_contrast: 0.2",
	Input:   []int{4, 3, 2},
	Doc: `Changes the contrast of each image at random, about the mean of each channel.

The factor is drawn for each image in each training step, from 1 - lower to
1 + upper; a single number is both. (Keras 3 takes a single number for upper alone,
against its own documentation.) The result is clipped to value_range. Inactive during
inference.`,
	New: func(o *catalog.Options) Layer {
		l := &randomContrast{valueRange: catalog.Range{0, 255}}
		o.Bind(&l.factor, "factor", "bounds of the change of contrast").Required().Min(-1).Max(1)
		valueRangeOption(o, &l.valueRange)
		return l
	},
})

// valueRangeOption declares the option "value_range".
func valueRangeOption(o *catalog.Options, into *catalog.Range) {
	o.Bind(into, "value_range", "minimum and maximum value of the images")
	o.Check(func() error {
		if len(*into) != 2 || (*into)[0] >= (*into)[1] {
			return fmt.Errorf("value_range must be [least, largest]")
		}
		return nil
	})
}

type randomContrast struct {
	augmentation
	factor, valueRange catalog.Range
}

func (l *randomContrast) Build(g *Graph, x *G.Node, _ []*G.Node) *G.Node {
	if !g.Training {
		return x
	}
	lower, upper := l.factor[0], l.factor[len(l.factor)-1]
	return ops.Contrast(x, float32(l.valueRange[0]), float32(l.valueRange[1]), func(a []float32) {
		r := g.Random()
		for n := range a {
			a[n] = float32(uniform(r, g.position(n), 1-lower, 1+upper))
		}
	})
}
