package loss

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
)

var _ = Losses.Add(catalog.Entry[Loss]{
	Name:    "categorical_crossentropy",
	Keras:   "CategoricalCrossentropy",
	Example: "categorical_crossentropy",
	Doc: `Minus the logarithm of the probability given to the right class.

The model ends in softmax.`,
	New: func(o *catalog.Options) Loss {
		l := &categoricalCrossentropy{}
		o.Bind(&l.smoothing, "label_smoothing", "fraction of each target that all classes get alike, against overconfidence").Min(0).Max(1)
		return l
	},
})

type categoricalCrossentropy struct{ smoothing float64 }

func (*categoricalCrossentropy) Probabilities() bool { return true }

// Targets is 1 and 0, but for smoothing (Szegedy et al. 2016).
func (l *categoricalCrossentropy) Targets(classes int) (right, other float32) {
	each := l.smoothing / float64(classes)
	return float32(1 - l.smoothing + each), float32(each)
}

func (*categoricalCrossentropy) Build(y, target *G.Node) *G.Node {
	return ops.CategoricalCrossentropy(y, target)
}
