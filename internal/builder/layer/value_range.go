package layer

import (
	"fmt"
	"math"

	"cnntrain/internal/catalog"
)

// Values is the range of the values of images: least and largest; nil if unknown.
type Values []float64

// Pixels is the range of images as the data returns them.
var Pixels = Values{0, 255}

// ValuesOf returns the range of the outputs of l for inputs in a given range. The error
// says that l expects another range.
func ValuesOf(l Layer, in Values) (Values, error) {
	r, ok := As[interface{ values(Values) (Values, error) }](l)
	if !ok || in == nil {
		return nil, nil
	}
	return r.values(in)
}

func (augmentation) values(in Values) (Values, error) { return in, nil }

func (l *rescaling) values(in Values) (Values, error) {
	a, b := float64(in[0]*l.scale)+l.offset, float64(in[1]*l.scale)+l.offset
	return Values{min(a, b), max(a, b)}, nil
}

// checkValues rejects a value_range other than the range of the images, because the layer
// scales its changes by value_range and clips to it.
func checkValues(given catalog.Range, in Values) error {
	near := 1e-3 * (in[1] - in[0])
	if math.Abs(given[0]-in[0]) > near || math.Abs(given[1]-in[1]) > near {
		return fmt.Errorf("images go from %.4g to %.4g here, and value_range is [%.4g, %.4g]; say value_range: [%.4[1]g, %.4[2]g]", in[0], in[1], given[0], given[1])
	}
	return nil
}
