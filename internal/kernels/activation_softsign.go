package kernels

import "math"

// Softsign computes out[i] = x[i] / (1 + |x[i]|) for each value of out. It may work in place.
func Softsign(out, x []float32) {
	pointwise("Softsign", nil, out, x, 0, func(x, _ float64) float64 { return x / (1 + math.Abs(x)) })
}

// SoftsignGrad computes the gradient of [Softsign] for x from its output y and the gradient
// for it: dx[i] = dy[i]·(1-|y[i]|)². It may work in place.
func SoftsignGrad(dx, y, dy []float32) {
	pointwiseGrad("SoftsignGrad", nil, dx, y, dy, 0, func(y, _ float64) float64 { return (1 - math.Abs(y)) * (1 - math.Abs(y)) })
}
