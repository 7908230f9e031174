package initializer

import "cnntrain/internal/catalog"

var _ = Initializers.Add(catalog.Entry[Initializer]{
	Name:    "he_uniform",
	Keras:   "HeUniform",
	Example: "he_uniform",
	Doc: `Uniform in ±√(6 / inputs); also called Kaiming.

Keeps the variance of values from layer to layer under relu (He et al. 2015).`,
	New: func(*catalog.Options) Initializer { return varianceScaling{scale: 2} },
})
