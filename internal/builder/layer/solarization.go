package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"
	"cnntrain/internal/random"

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
	return altered(g, x, l, g.Random)
}

func (l *solarization) change() ops.Change { return ops.Solarize(l.low(), l.high()) }

func (l *solarization) draw(r random.Stream, n int, _ Shape, a []float32) {
	low, high := upTo(l.addition)
	a[0] = float32(uniform(r, 2*n, low, 255*high))
	low, high = upTo(l.threshold)
	a[1] = float32(uniform(r, 2*n+1, low, 255*high))
}
