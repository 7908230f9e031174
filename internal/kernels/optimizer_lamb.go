package kernels

import "math"

// LambDirection updates the moments m and v of weights, in place, from the gradient g, and
// replaces g by the direction of the step (You et al. 2020), in the form of Keras 3's
// keras/src/optimizers/lamb.py:
//
//	m += (g - m)·(1-beta1)
//	v += (g² - v)·(1-beta2)
//	g = m·scale / (√v·root + epsilon)
//
// In step t, counted from 1, scale is 1/(1-beta1^t) and root 1/√(1-beta2^t).
func LambDirection(g, m, v []float32, beta1, beta2, scale, root, epsilon float64) {
	need("LambDirection", "m", m, len(g))
	need("LambDirection", "v", v, len(g))
	lambLoop.run(blocks(len(g), grain), lambArgs{g, m, v,
		float32(1 - beta1), float32(1 - beta2), float32(scale), float32(root), float32(epsilon)})
}

type lambArgs struct {
	g, m, v                            []float32
	rate1, rate2, scale, root, epsilon float32
}

var lambLoop = newLoop(func(a *lambArgs, part int) {
	from, to := block(part, len(a.g), grain)
	g, m, v := a.g[from:to], a.m[from:to], a.v[from:to]
	for i := range g {
		mi := normal(m[i] + float32((g[i]-m[i])*a.rate1))
		vi := normal(v[i] + float32((float32(g[i]*g[i])-v[i])*a.rate2))
		m[i], v[i] = mi, vi
		g[i] = mi * a.scale / (float32(float32(math.Sqrt(float64(vi)))*a.root) + a.epsilon)
	}
})
