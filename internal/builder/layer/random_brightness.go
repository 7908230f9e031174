package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"

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
		l := &randomBrightness{valueRange: catalog.Range{0, 255}}
		o.Bind(&l.factor, "factor", "bounds of the amount as a fraction of value_range; one number f is from -f to f").Required().Min(-1).Max(1)
		valueRangeOption(o, &l.valueRange)
		return l
	},
})

type randomBrightness struct {
	augmentation
	factor, valueRange catalog.Range
}

func (l *randomBrightness) Build(g *Graph, x *G.Node, _ []*G.Node) *G.Node {
	if !g.Training {
		return x
	}
	least, most := l.valueRange[0], l.valueRange[1]
	low, high := bounds(l.factor)
	return ops.Brightness(x, float32(least), float32(most), func(a []float32) {
		r := g.Random()
		for n := range a {
			a[n] = float32(uniform(r, g.position(n), low, high) * (most - least))
		}
	})
}
