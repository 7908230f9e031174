package ops

import (
	"cnntrain/internal/kernels"

	"gorgonia.org/tensor"
)

// Memory returns n zeros in memory that is fast for kernels.
func Memory(n int) []float32 { return kernels.Memory(n) }

// NewTensor returns a tensor of zeros in [Memory].
func NewTensor(shape ...int) *tensor.Dense {
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(Memory(tensor.Shape(shape).TotalSize())))
}
