package layer

import (
	"fmt"
	"slices"

	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"
	"cnntrain/internal/random"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "random_contrast",
	Keras:   "RandomContrast",
	Example: "random_contrast: 0.2",
	Input:   []int{4, 3, 2},
	Doc: `Changes the contrast of each image at random, about the mean of each channel.

The factor is drawn for each image in each training step, from 1 - lower to
1 + upper, the larger of both bounds; a single number is both. (Keras 3 takes a single number for upper alone,
against its own documentation.) The result is clipped to value_range. Inactive during
inference.`,
	New: func(o *catalog.Options) Layer {
		l := &randomContrast{recolor: newRecolor()}
		o.Bind(&l.factor, "factor", "bounds of the change of contrast").Required().Min(-1).Max(1)
		checkContrast(o, &l.factor, "factor")
		valueRangeOption(o, &l.valueRange)
		return l
	},
})

type randomContrast struct {
	recolor
	factor catalog.Range
}

func (l *randomContrast) Build(g *Graph, x *G.Node, _ []*G.Node) *G.Node {
	return altered(g, x, l, g.Random)
}

func (l *randomContrast) change() ops.Change { return ops.Contrast(l.low(), l.high()) }

func (l *randomContrast) draw(r random.Stream, n int, _ Shape, a []float32) {
	lower, upper := lessAndMore(l.factor)
	a[0] = float32(uniform(r, n, 1-lower, 1+upper))
}

// lessAndMore returns the bounds of a change of contrast, which Keras sorts.
func lessAndMore(r catalog.Range) (lower, upper float64) { return slices.Min(r), slices.Max(r) }

// checkContrast rejects, as Keras does, bounds of which none increases the contrast.
func checkContrast(o *catalog.Options, factor *catalog.Range, name string) {
	o.Check(func() error {
		if len(*factor) > 0 && slices.Max(*factor) < 0 {
			return fmt.Errorf("%s must be at least 0, or [lower, upper] with an upper bound of at least 0", name)
		}
		return nil
	})
}
