package kernels

import "math"

// Sigmoid computes out[i] = 1 / (1 + exp(-x[i])) for each value of out. It may
// work in place.
func Sigmoid(out, x []float32) {
	pointwise("Sigmoid", current().sigmoid, out, x, 0, func(x, _ float64) float64 { return sigmoid(x) })
}

// SigmoidGrad computes the gradient of [Sigmoid] for x from its output y and the
// gradient for it: dx[i] = dy[i]·y[i]·(1-y[i]). It may work in place.
func SigmoidGrad(dx, y, dy []float32) {
	pointwiseGrad("SigmoidGrad", current().sigmoidGrad, dx, y, dy, 0, func(y, _ float64) float64 { return y * (1 - y) })
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
