package regularizer

import "cnntrain/internal/catalog"

var _ = Regularizers.Add(catalog.Entry[Regularizer]{
	Name:    "l2",
	Keras:   "L2",
	Example: "l2: 0.001",
	Doc: `Adds l2·Σw² to the loss.

Keeps weights small (ridge). Papers that define the penalty as half the sum use twice this factor.`,
	New: func(o *catalog.Options) Regularizer {
		p := &penalty{l2: 0.01}
		o.Bind(&p.l2, "l2", "factor of the squares").Min(0)
		return p
	},
})
