package kernels

import "fmt"

// Pool is the sizes of a pooling: N images of H by W pixels and C channels, windows of KH
// by KW pixels with strides SH and SW, Top rows and Left columns of padding before the
// image, OH by OW pixels of output.
type Pool struct {
	N, H, W, C int
	KH, KW     int
	SH, SW     int
	Top, Left  int
	OH, OW     int
}

// NewPool returns the sizes of a pooling with TensorFlow's 'same' or, else, 'valid'
// padding. OH or OW is 0 if the window does not fit into the image.
func NewPool(n, h, w, c, kh, kw, sh, sw int, same bool) Pool {
	s := Pool{N: n, H: h, W: w, C: c, KH: kh, KW: kw, SH: sh, SW: sw}
	s.OH, s.Top = window(h, kh, sh, same)
	s.OW, s.Left = window(w, kw, sw, same)
	return s
}

func (s Pool) check(kernel string, x, y []float32) {
	s.checkWindows(kernel)
	need(kernel, "image", x, s.N, s.H, s.W, s.C)
	need(kernel, "output", y, s.N, s.OH, s.OW, s.C)
}

// checkWindows panics unless each window has a pixel inside the image.
func (s Pool) checkWindows(kernel string) {
	if s.SH < 1 || s.SW < 1 || s.Top < 0 || s.Left < 0 ||
		!touches(s.OH, s.KH, s.SH, s.Top, s.H) || !touches(s.OW, s.KW, s.SW, s.Left, s.W) {
		panic(fmt.Sprintf("kernels: %s: impossible sizes %+v", kernel, s))
	}
}

// cells returns the rows and columns of image pixels inside the window of a pixel of the
// output.
func (s *Pool) cells(oh, ow int) (top, bottom, left, right int) {
	top, left = oh*s.SH-s.Top, ow*s.SW-s.Left
	kh0, kh1 := inside(top, s.KH, 0, s.H)
	kw0, kw1 := inside(left, s.KW, 0, s.W)
	return top + kh0, top + kh1, left + kw0, left + kw1
}
