package regularizer

import "cnntrain/internal/catalog"

var _ = Regularizers.Add(catalog.Entry[Regularizer]{
	Name:    "l1_l2",
	Keras:   "L1L2",
	Example: "l1_l2: {l1: 0.001, l2: 0.01}",
	Doc: `Adds l1·Σ|w| + l2·Σw² to the loss.

The name may be omitted: ` + "`kernel_regularizer: {l1: 0.001, l2: 0.01}`" + `.

Both factors are required: in Keras the default is 0 or 0.01, depending on how the
regularizer is written there.`,
	New: func(o *catalog.Options) Regularizer {
		p := &penalty{}
		o.Bind(&p.l1, "l1", "factor of the absolute values").Required().Min(0)
		o.Bind(&p.l2, "l2", "factor of the squares").Required().Min(0)
		return p
	},
})
