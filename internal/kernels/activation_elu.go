package kernels

import "math"

// ELU computes out[i] = x[i] where that is positive, else alpha·(exp(x[i]) - 1),
// for each value of out (Clevert et al. 2015, https://arxiv.org/abs/1511.07289).
// It may work in place.
func ELU(out, x []float32, alpha float64) {
	pointwiseArgs{out, x, alpha, func(x, alpha float64) float64 {
		if x > 0 {
			return x
		}
		return alpha * math.Expm1(x)
	}, nil, current().elu}.run("ELU")
}

// ELUGrad computes the gradient of [ELU] for x from x and the gradient for the
// output: dx[i] = dy[i] where x[i] > 0, else dy[i]·alpha·exp(x[i]). It may work
// in place.
func ELUGrad(dx, x, dy []float32, alpha float64) {
	pointwiseGradArgs{dx, x, dy, alpha, func(x, alpha float64) float64 {
		if x > 0 {
			return 1
		}
		return alpha * math.Exp(x)
	}, nil, current().eluGrad}.run("ELUGrad")
}
