package initializer

import "cnntrain/internal/catalog"

var _ = Initializers.Add(catalog.Entry[Initializer]{
	Name:    "lecun_normal",
	Keras:   "LecunNormal",
	Example: "lecun_normal",
	Doc:     `Normal with variance 1 / inputs, truncated at two standard deviations (LeCun et al. 1998).`,
	New:     func(*catalog.Options) Initializer { return varianceScaling{scale: 1, normal: true} },
})
