package kernels

import "math"

// Softplus computes out[i] = log(1 + exp(x[i])) for each value of out (Dugas et al. 2001).
// It may work in place.
func Softplus(out, x []float32) {
	pointwise("Softplus", current().softplus, out, x, 0, func(x, _ float64) float64 { return softplus(x) })
}

// SoftplusGrad computes the gradient of [Softplus] for x from x and the gradient for the
// output: dx[i] = dy[i]·sigmoid(x[i]). It may work in place.
func SoftplusGrad(dx, x, dy []float32) {
	pointwiseGrad("SoftplusGrad", current().softplusGrad, dx, x, dy, 0, func(x, _ float64) float64 { return sigmoid(x) })
}

// softplus does not overflow for large x.
func softplus(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }
