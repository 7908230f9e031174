package checkpoint

import (
	"fmt"
	"math"
)

// A Tensor is a named float32 array, row-major. The shape of a scalar is empty; a tensor
// with a zero in its shape has no data.
type Tensor struct {
	Name  string
	Shape []int
	Data  []float32
}

// StatePrefix begins the names of tensors that are not weights but the state of a training; no
// name of a weight begins with it.
const StatePrefix = "state."

// A File is the content of a safetensors file, with its tensors in the order of their data.
type File struct {
	Tensors  []Tensor
	Metadata map[string]string
}

// Tensor returns the tensor called name, and whether it exists.
func (f *File) Tensor(name string) (Tensor, bool) {
	for _, t := range f.Tensors {
		if t.Name == name {
			return t, true
		}
	}
	return Tensor{}, false
}

// maxRank is NumPy's limit. A shape takes more memory than its text, so a limit is
// necessary.
const maxRank = 64

// elements returns the product of a shape. It returns an error if a size is negative, or if
// the product without zeros exceeds the address space.
func elements(shape []int) (int, error) {
	if len(shape) > maxRank {
		return 0, fmt.Errorf("has %d dimensions, the most are %d", len(shape), maxRank)
	}
	n, empty := 1, false
	for _, size := range shape {
		switch {
		case size < 0:
			return 0, fmt.Errorf("shape %v has a negative size", shape)
		case size == 0:
			empty = true
		case n > math.MaxInt/8/size:
			return 0, fmt.Errorf("shape %v is too large", shape)
		default:
			n *= size
		}
	}
	if empty {
		return 0, nil
	}
	return n, nil
}

// quote formats a name for an error: on one line and truncated.
func quote(name string) string {
	const most = 100
	if len(name) > most {
		return fmt.Sprintf("%q...", name[:most])
	}
	return fmt.Sprintf("%q", name)
}
