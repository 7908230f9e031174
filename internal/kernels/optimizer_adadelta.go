package kernels

import "math"

// Adadelta updates the weights w and their state, in place, from the gradient g (Zeiler 2012),
// in the form of Keras 3's keras/src/optimizers/adadelta.py:
//
//	gradients = rho·gradients + (1-rho)·g²
//	delta = g·√(deltas + epsilon) / √(gradients + epsilon)
//	deltas = rho·deltas + (1-rho)·delta²
//	w -= lr·delta
//
// It reports whether the weights are finite.
func Adadelta(w, g, gradients, deltas []float32, lr, rho, epsilon float64) bool {
	need("Adadelta", "g", g, len(w))
	need("Adadelta", "gradients", gradients, len(w))
	need("Adadelta", "deltas", deltas, len(w))
	parts := blocks(len(w), grain)
	sums := takeScratch(parts)
	adadeltaLoop.run(parts, adadeltaArgs{sums, w, g, gradients, deltas, float32(lr), float32(rho), float32(1 - rho), float32(epsilon)})
	return finite(sums)
}

type adadeltaArgs struct {
	sums, w, g, gradients, deltas []float32
	lr, rho, rate, epsilon        float32
}

var adadeltaLoop = newLoop(func(a *adadeltaArgs, part int) {
	from, to := block(part, len(a.w), grain)
	w, g, gradients, deltas := a.w[from:to], a.g[from:to], a.gradients[from:to], a.deltas[from:to]
	adadeltaGeneric(w, g, gradients, deltas, a.lr, a.rho, a.rate, a.epsilon)
	a.sums[part] = zeroTimes(w)
})

func adadeltaGeneric(w, g, gradients, deltas []float32, lr, rho, rate, epsilon float32) {
	g, gradients, deltas = g[:len(w)], gradients[:len(w)], deltas[:len(w)]
	for i := range w {
		sum := normal(float32(gradients[i]*rho) + float32(float32(g[i]*g[i])*rate))
		gradients[i] = sum
		delta := float32(math.Sqrt(float64(deltas[i]+epsilon))) * g[i] / float32(math.Sqrt(float64(sum+epsilon)))
		deltas[i] = normal(float32(deltas[i]*rho) + float32(float32(delta*delta)*rate))
		w[i] -= float32(lr * delta)
	}
}
