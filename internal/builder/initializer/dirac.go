package initializer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/random"
)

var _ = Initializers.Add(catalog.Entry[Initializer]{
	Name:    "dirac",
	Example: "dirac: {rest: he_uniform}",
	Doc: `Filter i passes input channel i on, as the middle of its window; as in PyTorch's ` + "`dirac_`" + `.

Filters beyond the channels are initialized by rest. Exported to Keras, which has no such
initializer, as glorot_uniform; the weights are exported too.`,
	New: func(o *catalog.Options) Initializer {
		d := &dirac{}
		catalog.Thing(o, Initializers, &d.rest, "rest", "zeros", "initial values of the filters beyond the channels")
		return d
	},
})

type dirac struct{ rest Initializer }

func (d *dirac) Fill(w []float32, shape []int, r random.Stream) {
	d.rest.Fill(w, shape, r)
	if len(shape) < 2 {
		return
	}
	channels, filters := shape[len(shape)-2], shape[len(shape)-1]
	middle := 0 // in the window
	for _, size := range shape[:len(shape)-2] {
		middle = middle*size + size/2
	}
	for i := range w {
		f := i % filters
		if f >= channels {
			continue
		}
		if w[i] = 0; i/filters == middle*channels+f {
			w[i] = 1
		}
	}
}
