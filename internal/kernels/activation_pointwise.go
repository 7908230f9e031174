package kernels

// pointwise computes out[i] = f(x[i], p), or the same with vectors where fast is not nil.
func pointwise(kernel string, fast func(out, x []float32) int, out, x []float32, p float64, f func(x, p float64) float64) {
	pointwiseArgs{out, x, p, f, fast, nil}.run(kernel)
}

// run is pointwise; withP is fast of functions that need p.
func (a pointwiseArgs) run(kernel string) {
	need(kernel, "x", a.x, len(a.out))
	pointwiseLoop.run(blocks(len(a.out), grain), a)
}

type pointwiseArgs struct {
	out, x []float32
	p      float64
	f      func(x, p float64) float64
	fast   func(out, x []float32) int
	withP  func(out, x []float32, p float32) int
}

// vectors computes the values that fill vectors, and returns their number.
func (a *pointwiseArgs) vectors(out, x []float32) (done int) {
	if a.withP != nil {
		return a.withP(out, x, float32(a.p))
	}
	return a.fast(out, x)
}

var pointwiseLoop = newLoop(func(a *pointwiseArgs, part int) {
	from, to := block(part, len(a.out), grain)
	out, x := a.out[from:to], a.x[from:to]
	if a.fast != nil || a.withP != nil {
		done := a.vectors(out, x)
		a.finish(out[done:], x[done:])
		return
	}
	for i, v := range x {
		out[i] = float32(a.f(float64(v), a.p))
	}
})

// pointwiseGrad computes dx[i] = dy[i]·slope(v[i], p), where v is the input or the output
// of the function, as slope requires; or the same with vectors where fast is not nil.
func pointwiseGrad(kernel string, fast func(dx, v, dy []float32) int, dx, v, dy []float32, p float64, slope func(v, p float64) float64) {
	pointwiseGradArgs{dx, v, dy, p, slope, fast, nil}.run(kernel)
}

func (a pointwiseGradArgs) run(kernel string) {
	need(kernel, "v", a.v, len(a.dx))
	need(kernel, "dy", a.dy, len(a.dx))
	pointwiseGradLoop.run(blocks(len(a.dx), grain), a)
}

type pointwiseGradArgs struct {
	dx, v, dy []float32
	p         float64
	slope     func(v, p float64) float64
	fast      func(dx, v, dy []float32) int
	withP     func(dx, v, dy []float32, p float32) int
}

func (a *pointwiseGradArgs) vectors(dx, v, dy []float32) (done int) {
	if a.withP != nil {
		return a.withP(dx, v, dy, float32(a.p))
	}
	return a.fast(dx, v, dy)
}

var pointwiseGradLoop = newLoop(func(a *pointwiseGradArgs, part int) {
	from, to := block(part, len(a.dx), grain)
	dx, v, dy := a.dx[from:to], a.v[from:to], a.dy[from:to]
	if a.fast != nil || a.withP != nil {
		done := a.vectors(dx, v, dy)
		a.finish(dx[done:], v[done:], dy[done:])
		return
	}
	for i, v := range v {
		dx[i] = float32(float64(dy[i]) * a.slope(float64(v), a.p))
	}
})

// A lastVector has room for the last values of slices, fewer than fill a vector. They are
// computed by the same instructions as the others, so that all processors give the same bits.
type lastVector struct{ out, x, dy [16]float32 }

func (a *pointwiseArgs) finish(out, x []float32) {
	var vector lastVector
	last := noescape(&vector)
	copy(last.x[:], x)
	a.vectors(last.out[:], last.x[:])
	copy(out, last.out[:])
}

func (a *pointwiseGradArgs) finish(dx, v, dy []float32) {
	var vector lastVector
	last := noescape(&vector)
	copy(last.x[:], v)
	copy(last.dy[:], dy)
	a.vectors(last.out[:], last.x[:], last.dy[:])
	copy(dx, last.out[:])
}
