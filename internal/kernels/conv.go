package kernels

import "fmt"

// Conv is the sizes of a convolution: N images of H by W pixels and C channels, F filters
// of KH by KW pixels with strides SH and SW, Top rows and Left columns of zero padding
// before the image, OH by OW pixels of output. The padding after the image follows from
// these. Direct disables Winograd's algorithm, which is otherwise used where it is faster,
// with about ten times the rounding errors. With ReLU the output is max(·, 0); gradients
// are those without it.
type Conv struct {
	N, H, W, C int
	F, KH, KW  int
	SH, SW     int
	Top, Left  int
	OH, OW     int
	Direct     bool
	ReLU       bool
}

// NewConv returns the sizes of a convolution with TensorFlow's 'same' or, else, 'valid'
// padding. OH or OW is 0 if the kernel does not fit into the image.
func NewConv(n, h, w, c, f, kh, kw, sh, sw int, same bool) Conv {
	s := Conv{N: n, H: h, W: w, C: c, F: f, KH: kh, KW: kw, SH: sh, SW: sw}
	s.OH, s.Top = window(h, kh, sh, same)
	s.OW, s.Left = window(w, kw, sw, same)
	return s
}

// check panics unless image, filters and output are long enough for the sizes.
func (s Conv) check(kernel string, x, w, y []float32) {
	if s.C < 1 || s.F < 1 || s.SH < 1 || s.SW < 1 || s.Top < 0 || s.Left < 0 ||
		!touches(s.OH, s.KH, s.SH, s.Top, s.H) || !touches(s.OW, s.KW, s.SW, s.Left, s.W) {
		panic(fmt.Sprintf("kernels: %s: impossible sizes %+v", kernel, s))
	}
	need(kernel, "image", x, s.N, s.H, s.W, s.C)
	need(kernel, "filters", w, s.KH, s.KW, s.C, s.F)
	need(kernel, "output", y, s.N, s.OH, s.OW, s.F)
}

// taps is the length of one row of a filter: KW pixels of C channels, contiguous
// in the image and in the kernel.
func (s *Conv) taps() int { return s.KW * s.C }
