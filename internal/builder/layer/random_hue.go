package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"
	"cnntrain/internal/random"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "random_hue",
	Keras:   "RandomHue",
	Example: "random_hue: 0.3",
	Input:   []int{4, 3, 3},
	Doc: `Turns the hue of each image by a random angle either way, drawn in each training step.

A factor of 0.2 is up to 36 degrees: 1 is half a turn. Inactive during inference.`,
	New: func(o *catalog.Options) Layer {
		l := &randomHue{recolor: newRecolor()}
		o.Bind(&l.factor, "factor", "bounds of the angle as a fraction of half a turn; one number f is from 0 to f").Required().Min(0).Max(1)
		valueRangeOption(o, &l.valueRange)
		return l
	},
})

type randomHue struct {
	recolor
	factor catalog.Range
}

func (*randomHue) Shape(in Shape) (Shape, error) { return rgb(in) }

func (l *randomHue) Build(g *Graph, x *G.Node, _ []*G.Node) *G.Node {
	return altered(g, x, l, g.Random)
}

func (l *randomHue) change() ops.Change { return ops.Hue(l.low(), l.high()) }

func (l *randomHue) draw(r random.Stream, n int, _ Shape, a []float32) {
	low, high := upTo(l.factor)
	a[0] = float32(uniform(r, 2*n, low, high) / 2)
	if r.Float64(uint64(2*n+1)) > 0.5 {
		a[0] = -a[0]
	}
}
