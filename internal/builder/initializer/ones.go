package initializer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/random"
)

var _ = Initializers.Add(catalog.Entry[Initializer]{
	Name:    "ones",
	Keras:   "Ones",
	Example: "ones",
	Doc:     "Every value is 1.",
	New:     func(*catalog.Options) Initializer { return ones{} },
})

type ones struct{}

func (ones) Fill(w []float32, _ []int, _ random.Stream) {
	for i := range w {
		w[i] = 1
	}
}
