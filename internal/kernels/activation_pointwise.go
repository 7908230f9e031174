package kernels

// pointwise computes out[i] = f(x[i], p), or the same with vectors where fast is not nil.
func pointwise(kernel string, fast func(out, x []float32) int, out, x []float32, p float64, f func(x, p float64) float64) {
	need(kernel, "x", x, len(out))
	pointwiseLoop.run(blocks(len(out), grain), pointwiseArgs{out, x, p, f, fast})
}

type pointwiseArgs struct {
	out, x []float32
	p      float64
	f      func(x, p float64) float64
	fast   func(out, x []float32) int
}

var pointwiseLoop = newLoop(func(a *pointwiseArgs, part int) {
	from, to := block(part, len(a.out), grain)
	out, x := a.out[from:to], a.x[from:to]
	if a.fast != nil {
		done := a.fast(out, x)
		finish(a.fast, out[done:], x[done:])
		return
	}
	for i, v := range x {
		out[i] = float32(a.f(float64(v), a.p))
	}
})

// pointwiseGrad computes dx[i] = dy[i]·slope(v[i], p), where v is the input or the output
// of the function, as slope requires; or the same with vectors where fast is not nil.
func pointwiseGrad(kernel string, fast func(dx, v, dy []float32) int, dx, v, dy []float32, p float64, slope func(v, p float64) float64) {
	need(kernel, "v", v, len(dx))
	need(kernel, "dy", dy, len(dx))
	pointwiseGradLoop.run(blocks(len(dx), grain), pointwiseGradArgs{dx, v, dy, p, slope, fast})
}

type pointwiseGradArgs struct {
	dx, v, dy []float32
	p         float64
	slope     func(v, p float64) float64
	fast      func(dx, v, dy []float32) int
}

var pointwiseGradLoop = newLoop(func(a *pointwiseGradArgs, part int) {
	from, to := block(part, len(a.dx), grain)
	dx, v, dy := a.dx[from:to], a.v[from:to], a.dy[from:to]
	if a.fast != nil {
		done := a.fast(dx, v, dy)
		finishGrad(a.fast, dx[done:], v[done:], dy[done:])
		return
	}
	for i, v := range v {
		dx[i] = float32(float64(dy[i]) * a.slope(float64(v), a.p))
	}
})

// A lastVector has room for the last values of slices, fewer than fill a vector. They are
// computed by the same instructions as the others, so that all processors give the same bits.
type lastVector struct{ out, x, dy [16]float32 }

func finish(fast func(out, x []float32) int, out, x []float32) {
	var vector lastVector
	last := noescape(&vector)
	copy(last.x[:], x)
	fast(last.out[:], last.x[:])
	copy(out, last.out[:])
}

func finishGrad(fast func(dx, v, dy []float32) int, dx, v, dy []float32) {
	var vector lastVector
	last := noescape(&vector)
	copy(last.x[:], v)
	copy(last.dy[:], dy)
	fast(last.out[:], last.x[:], last.dy[:])
	copy(dx, last.out[:])
}
