package kernels

import "math"

// Adam updates the weights w and their moments m and v, in place, from the
// gradient g (Kingma and Ba 2014, https://arxiv.org/abs/1412.6980, in the form
// of Keras 3's keras/src/optimizers/adam.py):
//
//	m += (g - m)·(1-beta1)
//	v += (g² - v)·(1-beta2)
//	w -= m·alpha / (√v + epsilon)
//
// In step t, counted from 1, alpha is the learning rate times
// √(1-beta2^t) / (1-beta1^t). Each factor is rounded once, from float64: 1-beta2 taken
// in float32 has five digits. It reports whether the weights are finite.
func Adam(w, g, m, v []float32, alpha, beta1, beta2, epsilon float64) bool {
	need("Adam", "g", g, len(w))
	need("Adam", "m", m, len(w))
	need("Adam", "v", v, len(w))
	parts := blocks(len(w), grain)
	sums := takeScratch(parts)
	adamLoop.run(parts, adamArgs{sums, w, g, m, v,
		float32(alpha), float32(1 - beta1), float32(1 - beta2), float32(epsilon)})
	return finite(sums)
}

type adamArgs struct {
	sums, w, g, m, v             []float32
	alpha, rate1, rate2, epsilon float32
}

var adamLoop = newLoop(func(a *adamArgs, part int) {
	from, to := block(part, len(a.w), grain)
	w, g, m, v := a.w[from:to], a.g[from:to], a.m[from:to], a.v[from:to]
	done := current().adam(w, g, m, v, a.alpha, a.rate1, a.rate2, a.epsilon)
	adamGeneric(w[done:], g[done:], m[done:], v[done:], a.alpha, a.rate1, a.rate2, a.epsilon)
	a.sums[part] = zeroTimes(w)
})

func adamGeneric(w, g, m, v []float32, alpha, rate1, rate2, epsilon float32) (done int) {
	for i := range w[:min(len(w), len(g), len(m), len(v))] {
		mi := normal(m[i] + float32((g[i]-m[i])*rate1))
		vi := normal(v[i] + float32((float32(g[i]*g[i])-v[i])*rate2))
		m[i], v[i] = mi, vi
		w[i] -= mi * alpha / (float32(math.Sqrt(float64(vi))) + epsilon)
	}
	return len(w)
}
