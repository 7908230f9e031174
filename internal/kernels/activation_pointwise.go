package kernels

// pointwise computes out[i] = f(x[i], p).
func pointwise(kernel string, out, x []float32, p float64, f func(x, p float64) float64) {
	need(kernel, "x", x, len(out))
	pointwiseLoop.run(blocks(len(out), grain), pointwiseArgs{out, x, p, f})
}

type pointwiseArgs struct {
	out, x []float32
	p      float64
	f      func(x, p float64) float64
}

var pointwiseLoop = newLoop(func(a *pointwiseArgs, part int) {
	from, to := block(part, len(a.out), grain)
	out := a.out[from:to]
	for i, v := range a.x[from:to] {
		out[i] = float32(a.f(float64(v), a.p))
	}
})

// pointwiseGrad computes dx[i] = dy[i]·slope(v[i], p), where v is the input or the output
// of the function, as slope requires.
func pointwiseGrad(kernel string, dx, v, dy []float32, p float64, slope func(v, p float64) float64) {
	need(kernel, "v", v, len(dx))
	need(kernel, "dy", dy, len(dx))
	pointwiseGradLoop.run(blocks(len(dx), grain), pointwiseGradArgs{dx, v, dy, p, slope})
}

type pointwiseGradArgs struct {
	dx, v, dy []float32
	p         float64
	slope     func(v, p float64) float64
}

var pointwiseGradLoop = newLoop(func(a *pointwiseGradArgs, part int) {
	from, to := block(part, len(a.dx), grain)
	dx, dy := a.dx[from:to], a.dy[from:to]
	for i, v := range a.v[from:to] {
		dx[i] = float32(float64(dy[i]) * a.slope(float64(v), a.p))
	}
})
