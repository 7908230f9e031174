package kernels

import "math"

// Mish computes out[i] = x[i]·tanh(softplus(x[i])) for each value of out (Misra 2019,
// https://arxiv.org/abs/1908.08681). It may work in place.
func Mish(out, x []float32) {
	pointwise("Mish", current().mish, out, x, 0, func(x, _ float64) float64 { return x * math.Tanh(softplus(x)) })
}

// MishGrad computes the gradient of [Mish] for x from x and the gradient for the output:
// with t = tanh(softplus(x[i])), dx[i] = dy[i]·(t + x[i]·(1-t²)·sigmoid(x[i])). It may work
// in place.
func MishGrad(dx, x, dy []float32) {
	pointwiseGrad("MishGrad", current().mishGrad, dx, x, dy, 0, func(x, _ float64) float64 {
		t := math.Tanh(softplus(x))
		return t + float64(x*(1-float64(t*t))*sigmoid(x))
	})
}
