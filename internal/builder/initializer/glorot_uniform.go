package initializer

import (
	"math"

	"cnntrain/internal/catalog"
	"cnntrain/internal/random"
)

var _ = Initializers.Add(catalog.Entry[Initializer]{
	Name:    "glorot_uniform",
	Keras:   "GlorotUniform",
	Example: "glorot_uniform",
	Doc: `Uniform in ±√(6 / (inputs + outputs)); also called Xavier.

Keeps the variance of values and gradients about the same from layer to layer
(Glorot and Bengio 2010).`,
	New: func(*catalog.Options) Initializer { return glorotUniform{} },
})

type glorotUniform struct{}

func (glorotUniform) Fill(w []float32, shape []int, r random.Stream) {
	in, out := fans(shape)
	limit := math.Sqrt(6 / float64(in+out))
	for i := range w {
		w[i] = float32((float64(2*r.Float64(uint64(i))) - 1) * limit)
	}
}
