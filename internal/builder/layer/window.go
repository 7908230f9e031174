package layer

import (
	"fmt"

	"cnntrain/internal/catalog"
)

// A window is the common part of convolution and pooling: its size, strides and padding.
type window struct {
	size, strides catalog.Pair
	padding       string
}

// options declares the options of a convolution's window and sets the defaults.
func (s *window) options(o *catalog.Options) {
	s.strides, s.padding = catalog.Pair{1, 1}, "valid"
	o.Bind(&s.size, "kernel_size", "height and width of the window").Required().Min(1)
	o.Bind(&s.strides, "strides", "stride of the window").Min(1)
	o.Bind(&s.padding, "padding", "zero padding around the input").OneOf("valid", "same")
}

const paddingDoc = "With padding `valid` there is no padding; with `same` the input is padded with zeros\n" +
	"(evenly on both sides, an odd one at the end), so that the output size is ⌈input / strides⌉."

// output returns the height and width of the output for an input [H W C].
func (s window) output(in Shape) (h, w int, err error) {
	if !in.maps() {
		return 0, 0, fmt.Errorf("needs an input of height, width and channels, got %v values", in)
	}
	if s.padding == "same" {
		return (in[0] + s.strides[0] - 1) / s.strides[0], (in[1] + s.strides[1] - 1) / s.strides[1], nil
	}
	if in[0] < s.size[0] || in[1] < s.size[1] {
		return 0, 0, fmt.Errorf("a window of %dx%d is larger than the input of %v; use padding: same, or fewer pooling layers before it",
			s.size[0], s.size[1], in)
	}
	return (in[0]-s.size[0])/s.strides[0] + 1, (in[1]-s.size[1])/s.strides[1] + 1, nil
}
