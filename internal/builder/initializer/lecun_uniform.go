package initializer

import "cnntrain/internal/catalog"

var _ = Initializers.Add(catalog.Entry[Initializer]{
	Name:    "lecun_uniform",
	Keras:   "LecunUniform",
	Example: "lecun_uniform",
	Doc:     `Uniform in ±√(3 / inputs) (LeCun et al. 1998).`,
	New:     func(*catalog.Options) Initializer { return varianceScaling{scale: 1} },
})
