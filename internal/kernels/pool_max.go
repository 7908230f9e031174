package kernels

// MaxPool2D computes out[n,oh,ow,c] as the largest of x[n,ih,iw,c] over the pixels in the
// window of oh and ow, without padding; NaN if there is one.
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
