package loss

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
)

var _ = Losses.Add(catalog.Entry[Loss]{
	Name:    "binary_crossentropy",
	Keras:   "BinaryCrossentropy",
	Example: "binary_crossentropy",
	Doc: `The negative log of the predicted probability of each decision, averaged over the outputs.

The model ends in sigmoid. One output, ` + "`dense: {units: 1, activation: sigmoid}`" + `, decides between
two classes: it is the probability of the second. Several outputs decide for each class by
itself whether an image has it, so that an image can have several labels or none
(` + "`image_csv`" + ` reads such labels).`,
	New: func(o *catalog.Options) Loss {
		l := &binaryCrossentropy{}
		o.Bind(&l.smoothing, "label_smoothing", "how far targets are moved from 0 and 1 towards 1/2, against overconfidence").Min(0).Max(1)
		logitsOption(o)
		return l
	},
})

type binaryCrossentropy struct{ smoothing float64 }

func (*binaryCrossentropy) Output() string { return "sigmoid" }
func (*binaryCrossentropy) Mixes() bool    { return true }

func (l *binaryCrossentropy) Targets(int) (right, other float32) {
	return float32(1 - float64(l.smoothing/2)), float32(l.smoothing / 2)
}

func (*binaryCrossentropy) Build(y, target *G.Node) *G.Node {
	return ops.BinaryCrossentropy(y, target)
}
