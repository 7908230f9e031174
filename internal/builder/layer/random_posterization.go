package layer

import (
	"fmt"
	"math"

	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"
	"cnntrain/internal/random"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "random_posterization",
	Keras:   "RandomPosterization",
	Example: "random_posterization: 4",
	Input:   []int{4, 3, 2},
	Doc: `Reduces the values of each image to a random number of bits, drawn in each training step (Cubuk et al. 2018, AutoAugment).

As in Keras 3, one number f is from 1 to f - 1 bits, or 1, and [f, g] from f to g - 1, or f if both
are equal, against its documentation. Inactive during inference.`,
	New: func(o *catalog.Options) Layer {
		l := &randomPosterization{recolor: newRecolor()}
		o.Bind(&l.factor, "factor", "bounds of the number of bits, the upper one not included; one number f is from 1 to f - 1, or 1").Required().Min(1).Max(8)
		valueRangeOption(o, &l.valueRange)
		o.Check(func() error {
			for _, f := range l.factor {
				if f != math.Trunc(f) {
					return fmt.Errorf("factor is a number of bits, 1 to 8, not %v", f)
				}
			}
			return nil
		})
		return l
	},
})

type randomPosterization struct {
	recolor
	factor catalog.Range
}

func (l *randomPosterization) Build(g *Graph, x *G.Node, _ []*G.Node) *G.Node {
	return altered(g, x, l, g.Random)
}

func (l *randomPosterization) change() ops.Change { return ops.Posterize(l.low(), l.high()) }

func (l *randomPosterization) draw(r random.Stream, n int, _ Shape, a []float32) {
	low, high := 1.0, l.factor[0]
	if len(l.factor) == 2 {
		low, high = bounds(l.factor)
	}
	a[0] = float32(math.Floor(uniform(r, n, low, high)))
}
