package layer

import (
	"fmt"
	"slices"

	"cnntrain/internal/catalog"
)

// lastAxes returns how many of the last axes of an input the option axis names; the batch
// is axis 0. It returns an error if these are not the last axes.
func lastAxes(axis catalog.Ints, in Shape) (int, error) {
	dims := len(in) + 1
	var axes []int
	for _, a := range axis {
		if a < 0 {
			a += dims
		}
		if a < 1 || a >= dims || slices.Contains(axes, a) {
			return 0, fmt.Errorf("axis %v does not name axes of an input of %v, 1 to %d or -1 to %d", []int(axis), in, dims-1, 1-dims)
		}
		axes = append(axes, a)
	}
	if slices.Min(axes) != dims-len(axes) {
		return 0, fmt.Errorf("axis %v is not the last axes of an input of %v, such as -1", []int(axis), in)
	}
	return len(axes), nil
}

// mustLastAxes is lastAxes for an input that Shape accepted.
func mustLastAxes(axis catalog.Ints, in Shape) int {
	n, err := lastAxes(axis, in)
	if err != nil {
		panic(err)
	}
	return n
}
