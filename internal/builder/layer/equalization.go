package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"
	"cnntrain/internal/random"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "equalization",
	Keras:   "Equalization",
	Example: "equalization",
	Input:   []int{4, 3, 2},
	Doc: `Spreads the values of each channel of an image evenly over value_range: equalizes its histogram.

A channel whose values are all in one bin stays as it is. Each image has a histogram of its own,
as in Keras if images are not in a batch; in a batch, Keras counts the values of all its images.
Inactive during inference, as Keras 3 computes it.`,
	New: func(o *catalog.Options) Layer {
		l := &equalization{recolor: newRecolor(), bins: 256}
		valueRangeOption(o, &l.valueRange)
		o.Bind(&l.bins, "bins", "number of bins in which values are counted").Min(1).Max(ops.MaxBins)
		return l
	},
})

type equalization struct {
	recolor
	bins int
}

func (l *equalization) Build(g *Graph, x *G.Node, _ []*G.Node) *G.Node {
	return altered(g, x, l, g.Random)
}

func (l *equalization) change() ops.Change { return ops.Equalize(l.low(), l.high()) }

func (l *equalization) draw(_ random.Stream, _ int, _ Shape, a []float32) {
	a[0] = float32(l.bins)
}
