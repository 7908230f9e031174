package kernels

// ByIndex computes out[i] = f(i, x[i]) for each value of out. f may be called concurrently.
// It may work in place.
func ByIndex(out, x []float32, f func(i int, v float32) float32) {
	need("ByIndex", "x", x, len(out))
	byIndexLoop.run(blocks(len(out), grain), byIndexArgs{out, x, f})
}

type byIndexArgs struct {
	out, x []float32
	f      func(i int, v float32) float32
}

var byIndexLoop = newLoop(func(a *byIndexArgs, part int) {
	from, to := block(part, len(a.out), grain)
	for i := from; i < to; i++ {
		a.out[i] = a.f(i, a.x[i])
	}
})
