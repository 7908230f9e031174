package kernels

// HardSigmoid computes out[i] = min(max(x[i]/6 + 1/2, 0), 1) for each value of out, the
// function of Keras 3 (Howard et al. 2019, https://arxiv.org/abs/1905.02244). It may work in
// place.
func HardSigmoid(out, x []float32) {
	pointwise("HardSigmoid", current().hardSigmoid, out, x, 0, func(x, _ float64) float64 { return hardSigmoid(x) })
}

// HardSigmoidGrad computes the gradient of [HardSigmoid] for x from its output y and the
// gradient for it: dx[i] = dy[i]/6 where 0 < y[i] < 1, else 0. It may work in place.
func HardSigmoidGrad(dx, y, dy []float32) {
	pointwiseGrad("HardSigmoidGrad", current().hardSigmoidGrad, dx, y, dy, 0, func(y, _ float64) float64 {
		if y > 0 && y < 1 {
			return 1. / 6
		}
		return 0
	})
}

func hardSigmoid(x float64) float64 { return min(max(x+3, 0), 6) / 6 }
