package kernels

// AddBias adds b [u] to each row of x [n,u], in place.
func AddBias(x, b []float32, n, u int) {
	need("AddBias", "x", x, n, u)
	need("AddBias", "bias", b, u)
	addBiasLoop.run(blocks(n, rowsPerPart(u)), addBiasArgs{x, b, n, u})
}

type addBiasArgs struct {
	x, b []float32
	n, u int
}

var addBiasLoop = newLoop(func(a *addBiasArgs, part int) {
	from, to := block(part, a.n, rowsPerPart(a.u))
	for i := from; i < to; i++ {
		x := a.x[i*a.u:][:a.u]
		for j, v := range a.b[:a.u] {
			x[j] += v
		}
	}
})
