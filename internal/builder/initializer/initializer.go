// Package initializer holds the ways a weight may start, one file each.
package initializer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/random"
)

// An Initializer fills a weight before training.
type Initializer interface {
	// Fill writes w, a tensor of the given shape, from the numbers of r alone.
	Fill(w []float32, shape []int, r random.Stream)
}

// Initializers is every initializer a spec may name.
var Initializers = catalog.New[Initializer]("initializer")

// fans returns how many inputs a unit has and how many units an input feeds:
// Keras's compute_fans. Kernels are [in, out] or [height, width, in, out].
func fans(shape []int) (in, out int) {
	switch len(shape) {
	case 0:
		return 1, 1
	case 1:
		return shape[0], shape[0]
	}
	field := 1
	for _, d := range shape[:len(shape)-2] {
		field *= d
	}
	return shape[len(shape)-2] * field, shape[len(shape)-1] * field
}
