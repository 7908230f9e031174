package kernels

// Adamax updates the weights w and their state, in place, from the gradient g (Kingma and Ba 2015, section 7.1),
// in the form of Keras 3's keras/src/optimizers/adamax.py:
//
//	m += (g - m)·(1-beta1)
//	u = max(beta2·u, |g|)
//	w -= m·alpha / (u + epsilon)
//
// In step t, counted from 1, alpha is the learning rate divided by 1-beta1^t. It reports whether
// the weights are finite.
func Adamax(w, g, m, u []float32, alpha, beta1, beta2, epsilon float64) bool {
	need("Adamax", "g", g, len(w))
	need("Adamax", "m", m, len(w))
	need("Adamax", "u", u, len(w))
	parts := blocks(len(w), grain)
	sums := takeScratch(parts)
	adamaxLoop.run(parts, adamaxArgs{sums, w, g, m, u, float32(alpha), float32(1 - beta1), float32(beta2), float32(epsilon)})
	return finite(sums)
}

type adamaxArgs struct {
	sums, w, g, m, u             []float32
	alpha, rate1, beta2, epsilon float32
}

var adamaxLoop = newLoop(func(a *adamaxArgs, part int) {
	from, to := block(part, len(a.w), grain)
	w, g, m, u := a.w[from:to], a.g[from:to], a.m[from:to], a.u[from:to]
	adamaxGeneric(w, g, m, u, a.alpha, a.rate1, a.beta2, a.epsilon)
	a.sums[part] = zeroTimes(w)
})

func adamaxGeneric(w, g, m, u []float32, alpha, rate1, beta2, epsilon float32) {
	g, m, u = g[:len(w)], m[:len(w)], u[:len(w)]
	for i := range w {
		mi := normal(m[i] + float32((g[i]-m[i])*rate1))
		ui := normal(max(u[i]*beta2, g[i], -g[i]))
		m[i], u[i] = mi, ui
		w[i] -= mi * alpha / (ui + epsilon)
	}
}
