package kernels

import "math"

// FTRL updates the weights w and their state, in place, from the gradient g (McMahan et al. 2013),
// in the form of Keras 3's keras/src/optimizers/ftrl.py:
//
//	sum = accumulator + g²
//	linear += g + 2·shrinkage·w - (sum^-power - accumulator^-power) / lr · w
//	w = (clip(linear, -l1, l1) - linear) / (sum^-power / lr + 2·l2)
//	accumulator = sum
//
// It reports whether the weights are finite.
func FTRL(w, g, accumulator, linear []float32, lr, power, l1, l2, shrinkage float64) bool {
	need("FTRL", "g", g, len(w))
	need("FTRL", "accumulator", accumulator, len(w))
	need("FTRL", "linear", linear, len(w))
	parts := blocks(len(w), grain)
	sums := takeScratch(parts)
	ftrlLoop.run(parts, ftrlArgs{sums, w, g, accumulator, linear, float32(lr), float32(-power), float32(l1), float32(2 * l2), float32(2 * shrinkage)})
	return finite(sums)
}

type ftrlArgs struct {
	sums, w, g, accumulator, linear []float32
	lr, power, l1, l2, shrinkage    float32
}

var ftrlLoop = newLoop(func(a *ftrlArgs, part int) {
	from, to := block(part, len(a.w), grain)
	w, g, accumulator, linear := a.w[from:to], a.g[from:to], a.accumulator[from:to], a.linear[from:to]
	ftrlGeneric(w, g, accumulator, linear, a.lr, a.power, a.l1, a.l2, a.shrinkage)
	a.sums[part] = zeroTimes(w)
})

func ftrlGeneric(w, g, accumulator, linear []float32, lr, power, l1, l2, shrinkage float32) {
	g, accumulator, linear = g[:len(w)], accumulator[:len(w)], linear[:len(w)]
	for i := range w {
		before, sum := accumulator[i], accumulator[i]+float32(g[i]*g[i])
		raised := raise(sum, power)
		z := linear[i] + (g[i] + float32(shrinkage*w[i])) - float32((raised-raise(before, power))/lr*w[i])
		accumulator[i], linear[i] = sum, z
		w[i] = (min(max(z, -l1), l1) - z) / (float32(raised/lr) + l2)
	}
}

// raise returns x to a power, usually a half.
func raise(x, power float32) float32 {
	if power == 0.5 {
		return float32(math.Sqrt(float64(x)))
	}
	return float32(math.Pow(float64(x), float64(power)))
}
