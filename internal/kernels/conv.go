package kernels

import "fmt"

// Conv is the sizes of a convolution: N images of H by W pixels and C channels, F filters
// of KH by KW pixels with strides SH and SW, Top rows and Left columns of zero padding
// before the image, OH by OW pixels of output. The padding after the image follows from
// these. Direct disables Winograd's algorithm, which is otherwise used where it is faster,
// with about ten times the rounding errors. With ReLU the output is max(·, 0); gradients
// are those without it.
//
// GapH and GapW are the dilation rate minus 1: the rows and columns between the pixels of a
// window. They need a stride of 1. Groups divides channels and filters into groups; a
// filter sees the channels of its own group, and filters are [KH,KW,C/Groups,F].
type Conv struct {
	N, H, W, C int
	F, KH, KW  int
	SH, SW     int
	Top, Left  int
	OH, OW     int
	Direct     bool
	ReLU       bool
	GapH, GapW int
	Groups     int  // 0 is 1
	Alike      bool // an image has the same result in every batch, however small
}

// NewConv returns the sizes of a convolution with TensorFlow's 'same' or, else, 'valid'
// padding. OH or OW is 0 if the kernel does not fit into the image.
func NewConv(n, h, w, c, f, kh, kw, sh, sw int, same bool) Conv {
	return NewDilatedConv(n, h, w, c, f, kh, kw, sh, sw, 1, 1, same)
}

// NewDilatedConv is [NewConv] with windows whose pixels are dh rows and dw columns from
// each other; 1 is that of the next row or column.
func NewDilatedConv(n, h, w, c, f, kh, kw, sh, sw, dh, dw int, same bool) Conv {
	s := Conv{N: n, H: h, W: w, C: c, F: f, KH: kh, KW: kw, SH: sh, SW: sw, GapH: dh - 1, GapW: dw - 1}
	s.OH, s.Top = window(h, span(kh, s.GapH), sh, same)
	s.OW, s.Left = window(w, span(kw, s.GapW), sw, same)
	return s
}

// Inside returns the sizes of the same convolution of images to which the padding has not been
// added, or false if a window would lie in the padding alone.
func (s Conv) Inside(p Padding) (Conv, bool) {
	s.H, s.W = p.H, p.W
	s.Top, s.Left = s.Top+p.Top, s.Left+p.Left
	return s, touches(s.OH, span(s.KH, s.GapH), s.SH, s.Top, s.H) && touches(s.OW, span(s.KW, s.GapW), s.SW, s.Left, s.W)
}

// check panics unless image, filters and output are long enough for the sizes.
func (s Conv) check(kernel string, x, w, y []float32) {
	groups := s.groups()
	if s.C < 1 || s.F < 1 || s.SH < 1 || s.SW < 1 || s.Top < 0 || s.Left < 0 ||
		s.GapH < 0 || s.GapW < 0 || s.GapH > 0 && s.SH > 1 || s.GapW > 0 && s.SW > 1 || groups < 1 || s.C%groups != 0 || s.F%groups != 0 ||
		!touches(s.OH, span(s.KH, s.GapH), s.SH, s.Top, s.H) || !touches(s.OW, span(s.KW, s.GapW), s.SW, s.Left, s.W) {
		panic(fmt.Sprintf("kernels: %s: impossible sizes %+v", kernel, s))
	}
	need(kernel, "image", x, s.N, s.H, s.W, s.C)
	need(kernel, "filters", w, s.KH, s.KW, s.C/groups, s.F)
	need(kernel, "output", y, s.N, s.OH, s.OW, s.F)
}

// taps is the length of one row of a filter: KW pixels of C channels, contiguous
// in the kernel and, without gaps and groups, in the image.
func (s *Conv) taps() int { return s.KW * s.C }

func (s *Conv) groups() int { return max(s.Groups, 1) }

// plain reports whether windows have no gaps and filters see all channels.
func (s *Conv) plain() bool { return s.groups() == 1 && s.GapH == 0 && s.GapW == 0 }

// ofGroup is the sizes of the convolution of one group. Pixels of the image and of the
// output keep the strides of all groups together.
func (s Conv) ofGroup() Conv {
	s.C, s.F, s.Groups = s.C/s.groups(), s.F/s.groups(), 1
	return s
}
