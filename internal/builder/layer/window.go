package layer

import (
	"errors"
	"fmt"

	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"
)

// A window is the common part of convolution and pooling: its size, strides and padding.
type window struct {
	size, strides catalog.Pair
	padding       string
	dilation      catalog.Pair // the zero Pair: a window without gaps
}

// options declares the options of a convolution's window and sets the defaults.
func (s *window) options(o *catalog.Options) {
	s.strides, s.padding = catalog.Pair{1, 1}, "valid"
	o.Bind(&s.size, "kernel_size", "height and width of the window").Required().Min(1)
	o.Bind(&s.strides, "strides", "stride of the window").Min(1)
	o.Bind(&s.padding, "padding", "zero padding around the input").OneOf("valid", "same").
		Otherwise("for a number of pixels put the layer zero_padding2d: 1 before it")
	s.dilation = catalog.Pair{1, 1}
	o.Bind(&s.dilation, "dilation_rate", "distance between the pixels of a window; 1 is that of neighbours").Min(1).Quiet()
	o.Check(func() error {
		if max(s.dilation[0], s.dilation[1]) > 1 && max(s.strides[0], s.strides[1]) > 1 {
			return errors.New("strides and dilation_rate cannot both be above 1")
		}
		return nil
	})
}

// span is the height and width of the window, with its gaps.
func (s window) span() catalog.Pair {
	span := s.size
	for i, d := range s.dilation {
		if d > 1 {
			span[i] += (s.size[i] - 1) * (d - 1)
		}
	}
	return span
}

// conv says how the window slides in a convolution.
func (s window) conv(g *Graph) ops.Conv {
	return ops.Conv{Strides: s.strides, Dilation: s.dilation, Same: s.padding == "same", Direct: g.Direct, Alike: g.Alike}
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
	span := s.span()
	if in[0] < span[0] || in[1] < span[1] {
		return 0, 0, fmt.Errorf("a window of %dx%d is larger than the input of %v; use padding: same, or fewer pooling layers before it",
			span[0], span[1], in)
	}
	return (in[0]-span[0])/s.strides[0] + 1, (in[1]-span[1])/s.strides[1] + 1, nil
}
