package kernels

// LeakyReLU computes out[i] = x[i] where that is positive, else x[i]·slope, for
// each value of out. It may work in place.
func LeakyReLU(out, x []float32, slope float64) {
	pointwise("LeakyReLU", out, x, slope, func(x, slope float64) float64 {
		if x > 0 {
			return x
		}
		return x * slope
	})
}

// LeakyReLUGrad computes the gradient of [LeakyReLU] for x from x and the gradient
// for the output: dx[i] = dy[i] where x[i] > 0, else dy[i]·slope. It may work in
// place.
func LeakyReLUGrad(dx, x, dy []float32, slope float64) {
	pointwiseGrad("LeakyReLUGrad", dx, x, dy, slope, func(x, slope float64) float64 {
		if x > 0 {
			return 1
		}
		return slope
	})
}
