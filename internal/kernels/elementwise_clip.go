package kernels

// SumSquares returns Σ x², the square of the norm of x. Blocks of x are summed in float64
// and rounded, then added in their order.
func SumSquares(x []float32) float64 {
	parts := blocks(len(x), grain)
	sums := takeScratch(parts)
	sumSquaresLoop.run(parts, sumSquaresArgs{sums, x})
	total := 0.0
	for _, s := range sums {
		total += float64(s)
	}
	giveScratch(sums)
	return total
}

type sumSquaresArgs struct{ sums, x []float32 }

var sumSquaresLoop = newLoop(func(a *sumSquaresArgs, part int) {
	from, to := block(part, len(a.x), grain)
	x := a.x[from:to]
	var sums [4]float64 // which are independent of each other
	for ; len(x) >= 4; x = x[4:] {
		for i := range sums {
			v := float64(x[i])
			sums[i] += float64(v * v)
		}
	}
	for i, v := range x {
		sums[i] += float64(float64(v) * float64(v))
	}
	a.sums[part] = float32(sums[0] + sums[1] + sums[2] + sums[3])
})

// Clip computes out[i] = x[i], limited to low and high; NaN stays NaN. It may work in
// place.
func Clip(out, x []float32, low, high float32) {
	need("Clip", "x", x, len(out))
	clipLoop.run(blocks(len(out), grain), clipArgs{out, x, low, high})
}

type clipArgs struct {
	out, x    []float32
	low, high float32
}

var clipLoop = newLoop(func(a *clipArgs, part int) {
	from, to := block(part, len(a.out), grain)
	out := a.out[from:to]
	for i, v := range a.x[from:to] {
		out[i] = min(max(v, a.low), a.high)
	}
})
