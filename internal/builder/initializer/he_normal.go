package initializer

import "cnntrain/internal/catalog"

var _ = Initializers.Add(catalog.Entry[Initializer]{
	Name:    "he_normal",
	Keras:   "HeNormal",
	Example: "he_normal",
	Doc: `Normal with variance 2 / inputs, truncated at two standard deviations; also called Kaiming.

Keeps the variance of values from layer to layer under relu (He et al. 2015).`,
	New: func(*catalog.Options) Initializer { return varianceScaling{scale: 2, normal: true} },
})
