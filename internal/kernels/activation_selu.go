package kernels

import "math"

// The constants of Klambauer et al. 2017, https://arxiv.org/abs/1706.02515, appendix A1.
const (
	seluAlpha = 1.6732632423543772
	seluScale = 1.0507009873554805
)

// SELU computes, for each value of out, out[i] = s·x[i] where that is positive, else
// s·α·(exp(x[i]) - 1), with s = 1.0507 and α = 1.6733. It may work in place.
func SELU(out, x []float32) {
	pointwise("SELU", current().selu, out, x, 0, func(x, _ float64) float64 {
		if x > 0 {
			return seluScale * x
		}
		return seluScale * seluAlpha * math.Expm1(x)
	})
}

// SELUGrad computes the gradient of [SELU] for x from x and the gradient for the output:
// dx[i] = dy[i]·s where x[i] > 0, else dy[i]·s·α·exp(x[i]). It may work in place.
func SELUGrad(dx, x, dy []float32) {
	pointwiseGrad("SELUGrad", current().seluGrad, dx, x, dy, 0, func(x, _ float64) float64 {
		if x > 0 {
			return seluScale
		}
		return seluScale * seluAlpha * math.Exp(x)
	})
}
