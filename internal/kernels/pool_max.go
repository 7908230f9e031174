package kernels

import "fmt"

// Pool is the sizes of a pooling: N images of H by W pixels and C channels,
// windows of KH by KW pixels moved by SH and SW, Top rows and Left columns of
// padding before the image, OH by OW pixels of output.
type Pool struct {
	N, H, W, C int
	KH, KW     int
	SH, SW     int
	Top, Left  int
	OH, OW     int
}

// NewPool returns the sizes of a pooling with TensorFlow's 'same' or, else,
// 'valid' padding. OH or OW is 0 where the window does not fit into the image.
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

// cells returns the rows and columns of image pixels in the window of a pixel
// of the output, as far as they lie inside the image.
func (s *Pool) cells(oh, ow int) (top, bottom, left, right int) {
	top, left = oh*s.SH-s.Top, ow*s.SW-s.Left
	kh0, kh1 := inside(top, s.KH, s.H)
	kw0, kw1 := inside(left, s.KW, s.W)
	return top + kh0, top + kh1, left + kw0, left + kw1
}

// MaxPool2D computes out[n,oh,ow,c] as the largest of x[n,ih,iw,c] over the
// pixels in the window of oh and ow. Padding never wins; NaN always does.
func MaxPool2D(out, x []float32, s Pool) {
	s.check("MaxPool2D", x, out)
	maxPool2DLoop.run(s.N*s.OH, maxPool2DArgs{out, x, s})
}

type maxPool2DArgs struct {
	out, x []float32
	s      Pool
}

// One part is one row of output pixels.
var maxPool2DLoop = newLoop(func(a *maxPool2DArgs, part int) {
	if !a.s.maxRow(a.out, a.x, part) {
		a.rowGeneric(part)
	}
})

// MaxPool2DGrad computes the gradient of [MaxPool2D] for x from its output y
// and the gradient for it. Each dy goes to the first pixel of its window, row
// by row, that holds the maximum, as in TensorFlow; windows may overlap.
func MaxPool2DGrad(dx, x, y, dy []float32, s Pool) {
	s.check("MaxPool2DGrad", x, y)
	s.check("MaxPool2DGrad", dx, dy)
	maxPool2DGradLoop.run(s.N, maxPool2DGradArgs{dx, x, y, dy, s})
}

type maxPool2DGradArgs struct {
	dx, x, y, dy []float32
	s            Pool
}

// One part is one image.
var maxPool2DGradLoop = newLoop(func(a *maxPool2DGradArgs, n int) {
	if !a.s.maxGradRows(a.dx, a.x, a.y, a.dy, n) {
		a.imageGeneric(n)
	}
})
