package kernels

// AveragePool2D computes out[n,oh,ow,c] as the mean of x[n,ih,iw,c] over the
// pixels in the window of oh and ow. Padding does not count.
func AveragePool2D(out, x []float32, s Pool) {
	s.check("AveragePool2D", x, out)
	averagePool2DLoop.run(s.N*s.OH, averagePool2DArgs{x, out, s})
}

// AveragePool2DGrad computes the gradient of [AveragePool2D] for x: each pixel
// of a window gets its fraction of dy.
func AveragePool2DGrad(dx, dy []float32, s Pool) {
	s.check("AveragePool2DGrad", dx, dy)
	averagePool2DGradLoop.run(s.N, averagePool2DArgs{dx, dy, s})
}

// averagePool2DArgs is x and y, or the gradients for them.
type averagePool2DArgs struct {
	x, y []float32
	s    Pool
}

// One part is one row of output pixels.
var averagePool2DLoop = newLoop(func(a *averagePool2DArgs, part int) {
	s := &a.s
	for ow := range s.OW {
		y := a.y[(part*s.OW+ow)*s.C:][:s.C]
		clear(y)
		weight := a.eachPixel(part, ow, func(x []float32, _ float32) {
			addScaledTo(y, x, 1)
		})
		scale(y, y, weight)
	}
})

// One part is one image.
var averagePool2DGradLoop = newLoop(func(a *averagePool2DArgs, n int) {
	s := &a.s
	clear(a.x[n*s.H*s.W*s.C:][:s.H*s.W*s.C])
	for part := n * s.OH; part < (n+1)*s.OH; part++ {
		for ow := range s.OW {
			dy := a.y[(part*s.OW+ow)*s.C:][:s.C]
			a.eachPixel(part, ow, func(dx []float32, weight float32) {
				addScaledTo(dx, dy, weight)
			})
		}
	}
})

// eachPixel calls f with the channels of each pixel in the window of a pixel of the output.
// It returns the weight of each pixel in the mean.
func (a *averagePool2DArgs) eachPixel(part, ow int, f func(x []float32, weight float32)) float32 {
	s := &a.s
	top, bottom, left, right := s.cells(part%s.OH, ow)
	weight := 1 / float32((bottom-top)*(right-left))
	for ih := top; ih < bottom; ih++ {
		for iw := left; iw < right; iw++ {
			f(a.x[((part/s.OH*s.H+ih)*s.W+iw)*s.C:][:s.C], weight)
		}
	}
	return weight
}
