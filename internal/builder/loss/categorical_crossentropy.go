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
	New: func(*catalog.Options) Loss { return categoricalCrossentropy{} },
})

type categoricalCrossentropy struct{}

func (categoricalCrossentropy) Probabilities() bool { return true }

func (categoricalCrossentropy) Build(y, target *G.Node) *G.Node {
	return ops.CategoricalCrossentropy(y, target)
}
