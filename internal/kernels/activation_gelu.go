package kernels

import "math"

// GELU computes out[i] = x[i]·Φ(x[i]) for each value of out, where Φ is the
// distribution function of the standard normal distribution (Hendrycks and
// Gimpel 2016, https://arxiv.org/abs/1606.08415, not its approximation by tanh).
// It may work in place.
func GELU(out, x []float32) {
	pointwise("GELU", writing(out, x).gelu, out, x, 0, func(x, _ float64) float64 { return x * normalBelow(x) })
}

// GELUGrad computes the gradient of [GELU] for x from x and the gradient for the
// output: dx[i] = dy[i]·(Φ(x[i]) + x[i]·φ(x[i])). It may work in place.
func GELUGrad(dx, x, dy []float32) {
	pointwiseGrad("GELUGrad", writing(dx, dy).geluGrad, dx, x, dy, 0, func(x, _ float64) float64 {
		density := math.Exp(-x*x/2) / math.Sqrt(2*math.Pi)
		return normalBelow(x) + float64(x*density)
	})
}

// normalBelow is Φ; 1 + erf would lose all digits far below 0.
func normalBelow(x float64) float64 { return float64(math.Erfc(-x/math.Sqrt2) / 2) }
