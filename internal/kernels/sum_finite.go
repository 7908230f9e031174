package kernels

// AllFinite reports whether x holds neither NaN nor infinities. It computes
// Σ 0·x, which is 0 for finite values and NaN for any other.
func AllFinite(x []float32) bool {
	parts := blocks(len(x), grain)
	sums := takeScratch(parts)
	allFiniteLoop.run(parts, allFiniteArgs{sums, x})
	return finite(sums)
}

type allFiniteArgs struct{ sums, x []float32 }

var allFiniteLoop = newLoop(func(a *allFiniteArgs, part int) {
	from, to := block(part, len(a.x), grain)
	a.sums[part] = zeroTimes(a.x[from:to])
})

// zeroTimes returns Σ 0·x.
func zeroTimes(x []float32) float32 {
	sum, done := current().zeroTimes(x)
	rest, _ := zeroTimesGeneric(x[done:])
	return sum + rest
}

func zeroTimesGeneric(x []float32) (sum float32, done int) {
	for _, v := range x {
		sum += float32(0 * v)
	}
	return sum, len(x)
}

// finite reports whether the sums of all parts are finite, and releases the sums.
func finite(sums []float32) bool {
	total := float32(0)
	for _, s := range sums {
		total += s
	}
	giveScratch(sums)
	return total == 0
}
