package loss

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
)

var _ = Losses.Add(catalog.Entry[Loss]{
	Name:    "categorical_focal_crossentropy",
	Keras:   "CategoricalFocalCrossentropy",
	Example: "categorical_focal_crossentropy: {gamma: 3}",
	Doc: `categorical_crossentropy that counts sure and right predictions less.

The loss of an example whose true class has the probability p is multiplied by
alpha·(1-p)^gamma (Lin et al., Focal Loss for Dense Object Detection, 2017). The model ends
in softmax.`,
	New: func(o *catalog.Options) Loss {
		l := &categoricalFocalCrossentropy{gamma: 2, alpha: 0.25}
		o.Bind(&l.alpha, "alpha", "factor of the whole loss").Min(0).Max(1)
		o.Bind(&l.gamma, "gamma", "how much less sure predictions count; 0: not at all").Min(0)
		o.Bind(&l.smoothing, "label_smoothing", "fraction of each target spread evenly over all classes, against overconfidence").Min(0).Max(1)
		logitsOption(o)
		return l
	},
})

type categoricalFocalCrossentropy struct {
	categoricalCrossentropy
	gamma, alpha float64
}

func (l *categoricalFocalCrossentropy) Build(y, target *G.Node) *G.Node {
	return ops.CategoricalFocalCrossentropy(y, target, l.gamma, l.alpha)
}
