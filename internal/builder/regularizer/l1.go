package regularizer

import "cnntrain/internal/catalog"

var _ = Regularizers.Add(catalog.Entry[Regularizer]{
	Name:    "l1",
	Keras:   "L1",
	Example: "l1: 0.001",
	Doc: `Adds l1·Σ|w| to the loss.

Drives unimportant weights to 0 (lasso).`,
	New: func(o *catalog.Options) Regularizer {
		p := &penalty{l1: 0.01}
		o.Bind(&p.l1, "l1", "factor of the absolute values").Min(0)
		return p
	},
})
