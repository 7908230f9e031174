// Package initializer holds the initializers of weights, one file each.
package initializer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/random"
)

// An Initializer fills a weight before training.
type Initializer interface {
	// Fill fills w, a tensor of the given shape; the values depend only on r.
	Fill(w []float32, shape []int, r random.Stream)
}

// Initializers is the catalog of initializers that a spec can name.
var Initializers = catalog.New[Initializer]("initializer")

// fans returns the fan-in and fan-out of a weight: Keras's compute_fans. Kernels are [in,
// out] or [height, width, in, out].
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
