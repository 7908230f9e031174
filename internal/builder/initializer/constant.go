package initializer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/random"
)

var _ = Initializers.Add(catalog.Entry[Initializer]{
	Name:    "constant",
	Keras:   "Constant",
	Example: "constant: 0.1",
	Doc:     "Every value is the same.",
	New: func(o *catalog.Options) Initializer {
		c := &constant{}
		o.Bind(&c.value, "value", "the value")
		return c
	},
})

// Constant returns the initializer of one value.
func Constant(value float64) Initializer { return &constant{value} }

type constant struct{ value float64 }

func (c *constant) Fill(w []float32, _ []int, _ random.Stream) {
	for i := range w {
		w[i] = float32(c.value)
	}
}
