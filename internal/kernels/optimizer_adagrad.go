package kernels

import "math"

// Adagrad updates the weights w and their accumulator, in place, from the gradient
// g (Duchi et al. 2011), in the form of Keras 3's keras/src/optimizers/adagrad.py:
//
//	accumulator += g²
//	w -= lr·g / √(accumulator + epsilon)
//
// It reports whether the weights are finite.
func Adagrad(w, g, accumulator []float32, lr, epsilon float32) bool {
	need("Adagrad", "g", g, len(w))
	need("Adagrad", "accumulator", accumulator, len(w))
	parts := blocks(len(w), grain)
	sums := takeScratch(parts)
	adagradLoop.run(parts, adagradArgs{sums, w, g, accumulator, lr, epsilon})
	return finite(sums)
}

type adagradArgs struct {
	sums, w, g, accumulator []float32
	lr, epsilon             float32
}

var adagradLoop = newLoop(func(a *adagradArgs, part int) {
	from, to := block(part, len(a.w), grain)
	w, g, accumulator := a.w[from:to], a.g[from:to], a.accumulator[from:to]
	done := current().adagrad(w, g, accumulator, a.lr, a.epsilon)
	adagradGeneric(w[done:], g[done:], accumulator[done:], a.lr, a.epsilon)
	a.sums[part] = zeroTimes(w)
})

func adagradGeneric(w, g, accumulator []float32, lr, epsilon float32) (done int) {
	for i := range w[:min(len(w), len(g), len(accumulator))] {
		sum := accumulator[i] + float32(g[i]*g[i])
		accumulator[i] = sum
		w[i] -= g[i] * lr / float32(math.Sqrt(float64(sum+epsilon)))
	}
	return len(w)
}
