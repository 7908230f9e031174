package initializer

import "cnntrain/internal/catalog"

var _ = Initializers.Add(catalog.Entry[Initializer]{
	Name:    "glorot_normal",
	Keras:   "GlorotNormal",
	Example: "glorot_normal",
	Doc: `Normal with variance 2 / (inputs + outputs), truncated at two standard deviations; also called Xavier.

The normal form of glorot_uniform (Glorot and Bengio 2010).`,
	New: func(*catalog.Options) Initializer { return varianceScaling{scale: 1, mean: true, normal: true} },
})
