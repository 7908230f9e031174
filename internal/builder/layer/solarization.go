package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "solarization",
	Keras:   "Solarization",
	Example: "solarization: {addition_factor: 0.01, threshold_factor: [0.5, 1]}",
	Input:   []int{4, 3, 2},
	Doc: `Adds a random amount to the values of each image and inverts those from a random threshold on.

Both are drawn for each image in each training step, on a scale of 255: from a lower bound to
255 times an upper bound, as in Keras 3. The defaults invert all values. Inactive during
inference.`,
	New: func(o *catalog.Options) Layer {
		l := &solarization{recolor: newRecolor(), addition: catalog.Range{0}, threshold: catalog.Range{0}}
		o.Bind(&l.addition, "addition_factor", "bounds of the amount; one number f is from 0 to f").Min(0).Max(1)
		o.Bind(&l.threshold, "threshold_factor", "bounds of the threshold; one number f is from 0 to f").Min(0).Max(1)
		valueRangeOption(o, &l.valueRange)
		return l
	},
})

type solarization struct {
	recolor
	addition, threshold catalog.Range
}

func (l *solarization) Build(g *Graph, x *G.Node, _ []*G.Node) *G.Node {
	if !g.Training {
		return x
	}
	addLow, addHigh := upTo(l.addition)
	low, high := upTo(l.threshold)
	return ops.Solarize(x, l.low(), l.high(), func(a []float32) {
		r := g.Random()
		for n := range len(a) / 2 {
			i := 2 * g.position(n)
			a[2*n] = float32(uniform(r, i, addLow, 255*addHigh))
			a[2*n+1] = float32(uniform(r, i+1, low, 255*high))
		}
	})
}
