package kernels

// HardSiLU computes out[i] = x[i]·[HardSigmoid](x[i]) for each value of out, also called
// hard Swish (Howard et al. 2019, https://arxiv.org/abs/1905.02244). It may work in place.
func HardSiLU(out, x []float32) {
	pointwise("HardSiLU", writing(out, x).hardSiLU, out, x, 0, func(x, _ float64) float64 { return x * hardSigmoid(x) })
}

// HardSiLUGrad computes the gradient of [HardSiLU] for x from x and the gradient for the
// output: dx[i] = dy[i]·(2·x[i]+3)/6 where |x[i]| < 3, dy[i] above, 0 below. It may work in
// place.
func HardSiLUGrad(dx, x, dy []float32) {
	pointwiseGrad("HardSiLUGrad", writing(dx, dy).hardSiLUGrad, dx, x, dy, 0, func(x, _ float64) float64 {
		if x > -3 && x < 3 {
			return (2*x + 3) / 6
		}
		return hardSigmoid(x)
	})
}
