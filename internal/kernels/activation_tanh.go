package kernels

import "math"

// Tanh computes the hyperbolic tangent of each value of out. It may work in place.
func Tanh(out, x []float32) {
	pointwise("Tanh", current().tanh, out, x, 0, func(x, _ float64) float64 { return math.Tanh(x) })
}

// TanhGrad computes the gradient of [Tanh] for x from its output y and the
// gradient for it: dx[i] = dy[i]·(1-y[i]²). It may work in place.
func TanhGrad(dx, y, dy []float32) {
	pointwiseGrad("TanhGrad", current().tanhGrad, dx, y, dy, 0, func(y, _ float64) float64 { return 1 - float64(y*y) })
}
