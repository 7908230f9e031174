package kernels

// SiLU computes out[i] = x[i]·sigmoid(x[i]) for each value of out, also called
// Swish. It may work in place.
func SiLU(out, x []float32) {
	pointwise("SiLU", writing(out, x).silu, out, x, 0, func(x, _ float64) float64 { return x * sigmoid(x) })
}

// SiLUGrad computes the gradient of [SiLU] for x from x and the gradient for the
// output: with s = sigmoid(x[i]), dx[i] = dy[i]·s·(1 + x[i]·(1-s)). It may work
// in place.
func SiLUGrad(dx, x, dy []float32) {
	pointwiseGrad("SiLUGrad", writing(dx, dy).siluGrad, dx, x, dy, 0, func(x, _ float64) float64 {
		s := sigmoid(x)
		return s * (1 + float64(x*(1-s)))
	})
}
