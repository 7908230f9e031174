package initializer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/random"
)

var _ = Initializers.Add(catalog.Entry[Initializer]{
	Name:    "zeros",
	Keras:   "Zeros",
	Example: "zeros",
	Doc:     "Every value is 0.",
	New:     func(*catalog.Options) Initializer { return zeros{} },
})

type zeros struct{}

func (zeros) Fill(w []float32, _ []int, _ random.Stream) {
	for i := range w {
		w[i] = 0
	}
}
