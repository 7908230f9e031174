package kernels

import "math"

// Nadam updates the weights w and their state, in place, from the gradient g (Dozat 2016),
// in the form of Keras 3's keras/src/optimizers/nadam.py:
//
//	m += (g - m)·(1-beta1)
//	v += (g² - v)·(1-beta2)
//	w -= (m·momentum + g·gradient) / (√v·root + epsilon)
//
// The factors are those of a step, with the corrections of the biases and the learning rate in
// them; root is 1/√(1-beta2^t). It reports whether the weights are finite.
func Nadam(w, g, m, v []float32, beta1, beta2, momentum, gradient, root, epsilon float64) bool {
	need("Nadam", "g", g, len(w))
	need("Nadam", "m", m, len(w))
	need("Nadam", "v", v, len(w))
	parts := blocks(len(w), grain)
	sums := takeScratch(parts)
	nadamLoop.run(parts, nadamArgs{sums, w, g, m, v, float32(1 - beta1), float32(1 - beta2), float32(momentum), float32(gradient), float32(root), float32(epsilon)})
	return finite(sums)
}

type nadamArgs struct {
	sums, w, g, m, v                                []float32
	rate1, rate2, momentum, gradient, root, epsilon float32
}

var nadamLoop = newLoop(func(a *nadamArgs, part int) {
	from, to := block(part, len(a.w), grain)
	w, g, m, v := a.w[from:to], a.g[from:to], a.m[from:to], a.v[from:to]
	nadamGeneric(w, g, m, v, a.rate1, a.rate2, a.momentum, a.gradient, a.root, a.epsilon)
	a.sums[part] = zeroTimes(w)
})

func nadamGeneric(w, g, m, v []float32, rate1, rate2, momentum, gradient, root, epsilon float32) {
	g, m, v = g[:len(w)], m[:len(w)], v[:len(w)]
	for i := range w {
		mi := normal(m[i] + float32((g[i]-m[i])*rate1))
		vi := normal(v[i] + float32((float32(g[i]*g[i])-v[i])*rate2))
		m[i], v[i] = mi, vi
		step := float32(mi*momentum) + float32(g[i]*gradient)
		w[i] -= step / (float32(float32(math.Sqrt(float64(vi)))*root) + epsilon)
	}
}
