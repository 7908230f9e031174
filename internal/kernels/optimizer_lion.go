package kernels

import "math"

// Lion updates the weights w and their state, in place, from the gradient g (Chen et al. 2023),
// in the form of Keras 3's keras/src/optimizers/lion.py:
//
//	w -= lr·sign(beta1·m + (1-beta1)·g)
//	m = beta2·m + (1-beta2)·g
//
// The sign of NaN is NaN. It reports whether the weights are finite.
func Lion(w, g, m []float32, lr, beta1, beta2 float64) bool {
	need("Lion", "g", g, len(w))
	need("Lion", "m", m, len(w))
	parts := blocks(len(w), grain)
	sums := takeScratch(parts)
	lionLoop.run(parts, lionArgs{sums, w, g, m, float32(lr), float32(beta1), float32(1 - beta1), float32(beta2), float32(1 - beta2)})
	return finite(sums)
}

type lionArgs struct {
	sums, w, g, m                  []float32
	lr, beta1, rate1, beta2, rate2 float32
}

var lionLoop = newLoop(func(a *lionArgs, part int) {
	from, to := block(part, len(a.w), grain)
	w, g, m := a.w[from:to], a.g[from:to], a.m[from:to]
	lionGeneric(w, g, m, a.lr, a.beta1, a.rate1, a.beta2, a.rate2)
	a.sums[part] = zeroTimes(w)
})

func lionGeneric(w, g, m []float32, lr, beta1, rate1, beta2, rate2 float32) {
	g, m = g[:len(w)], m[:len(w)]
	for i := range w {
		step := float32(m[i]*beta1) + float32(g[i]*rate1)
		m[i] = normal(float32(m[i]*beta2) + float32(g[i]*rate2))
		switch {
		case step > 0 && step <= math.MaxFloat32:
			w[i] -= lr
		case step < 0 && step >= -math.MaxFloat32:
			w[i] += lr
		default: // 0, or not finite, which the weight must show
			w[i] -= float32(step * 0)
		}
	}
}
