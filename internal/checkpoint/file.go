package checkpoint

import (
	"fmt"
	"math"
)

// A Tensor is an array of float32 with a name, row-major. The shape of a scalar
// is empty; a tensor with a zero in its shape has no data.
type Tensor struct {
	Name  string
	Shape []int
	Data  []float32
}

// A File is what a safetensors file holds, its tensors in the order of their data.
type File struct {
	Tensors  []Tensor
	Metadata map[string]string
}

// Tensor returns the tensor called name, and whether there is one.
func (f *File) Tensor(name string) (Tensor, bool) {
	for _, t := range f.Tensors {
		if t.Name == name {
			return t, true
		}
	}
	return Tensor{}, false
}

// maxRank is NumPy's limit. A shape takes more memory than its text, so it needs one.
const maxRank = 64

// elements returns the product of a shape. It returns an error if a size is
// negative, or if the product, zeros left out, is beyond what memory can address.
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

// quote returns a name as errors show it: on one line, and not longer than one.
func quote(name string) string {
	const most = 100
	if len(name) > most {
		return fmt.Sprintf("%q...", name[:most])
	}
	return fmt.Sprintf("%q", name)
}
