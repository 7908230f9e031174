package loss

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
)

var _ = Losses.Add(catalog.Entry[Loss]{
	Name:    "binary_focal_crossentropy",
	Keras:   "BinaryFocalCrossentropy",
	Example: "binary_focal_crossentropy: {gamma: 3}",
	Doc: `binary_crossentropy that counts sure and right decisions less.

The loss of a decision with the probability p is multiplied by (1-p)^gamma (Lin et al.,
Focal Loss for Dense Object Detection, 2017). It is for labels that no mix_up or cut_mix mixes.`,
	New: func(o *catalog.Options) Loss {
		l := &binaryFocalCrossentropy{gamma: 2, alpha: 0.25}
		o.Bind(&l.gamma, "gamma", "how much less sure decisions count; 0: not at all").Min(0)
		o.Bind(&l.balance, "apply_class_balancing", "whether to multiply the loss of what is true by alpha, and of what is not by 1-alpha")
		o.Bind(&l.alpha, "alpha", "the factor of apply_class_balancing").Min(0).Max(1)
		logitsOption(o)
		return l
	},
})

type binaryFocalCrossentropy struct {
	binaryCrossentropy
	gamma, alpha float64
	balance      bool
}

// Mixes is false: Keras's factor is (1 - t·p - (1-t)·(1-p))^gamma for a target t.
func (*binaryFocalCrossentropy) Mixes() bool { return false }

func (l *binaryFocalCrossentropy) Build(y, target *G.Node) *G.Node {
	yes, no := 1.0, 1.0
	if l.balance {
		yes, no = l.alpha, 1-l.alpha
	}
	return ops.BinaryFocalCrossentropy(y, target, l.gamma, yes, no)
}
