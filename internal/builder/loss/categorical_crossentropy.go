package loss

import (
	"errors"

	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
)

var _ = Losses.Add(catalog.Entry[Loss]{
	Name:    "categorical_crossentropy",
	Keras:   "CategoricalCrossentropy",
	Example: "categorical_crossentropy",
	Doc: `The negative log of the predicted probability of the true class.

The model ends in softmax.`,
	New: func(o *catalog.Options) Loss {
		l := &categoricalCrossentropy{}
		o.Bind(&l.smoothing, "label_smoothing", "fraction of each target spread evenly over all classes, against overconfidence").Min(0).Max(1)
		logitsOption(o)
		return l
	},
})

// logitsOption declares from_logits, an option of Keras, in order to reject it with advice.
func logitsOption(o *catalog.Options) {
	var logits bool
	o.Bind(&logits, "from_logits", "always false: the model ends in softmax or sigmoid").Quiet()
	o.Check(func() error {
		if logits {
			return errors.New("from_logits: a model ends in softmax here, or in sigmoid for a binary loss; give its last layer that activation, and leave from_logits out")
		}
		return nil
	})
}

type categoricalCrossentropy struct{ smoothing float64 }

func (*categoricalCrossentropy) Output() string { return "softmax" }
func (*categoricalCrossentropy) Mixes() bool    { return true }

// Targets returns 1 and 0, unless labels are smoothed (Szegedy et al. 2016).
func (l *categoricalCrossentropy) Targets(classes int) (right, other float32) {
	each := l.smoothing / float64(classes)
	return float32(1 - l.smoothing + each), float32(each)
}

func (*categoricalCrossentropy) Build(y, target *G.Node) *G.Node {
	return ops.CategoricalCrossentropy(y, target)
}
