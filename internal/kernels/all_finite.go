package kernels

// AllFinite reports whether x holds neither NaN nor infinities. It computes
// Σ 0·x, which is 0 for finite values and NaN for any other.
func AllFinite(x []float32) bool {
	parts := blocks(len(x), grain)
	sums := takeScratch(parts)
	allFiniteLoop.run(parts, allFiniteArgs{sums, x})
	total := float32(0)
	for _, s := range sums {
		total += s
	}
	giveScratch(sums)
	return total == 0
}

type allFiniteArgs struct{ sums, x []float32 }

var allFiniteLoop = newLoop(func(a *allFiniteArgs, part int) {
	from, to := block(part, len(a.x), grain)
	sum := float32(0)
	for _, v := range a.x[from:to] {
		sum += 0 * v
	}
	a.sums[part] = sum
})
