package kernels

// Combine computes out[i] = x[i]·a + y[i]·b for each value of out. It may work in place.
func Combine(out, x, y []float32, a, b float32) {
	need("Combine", "x", x, len(out))
	need("Combine", "y", y, len(out))
	combineLoop.run(blocks(len(out), grain), combineArgs{out, x, y, a, b})
}

type combineArgs struct {
	out, x, y []float32
	a, b      float32
}

var combineLoop = newLoop(func(a *combineArgs, part int) {
	from, to := block(part, len(a.out), grain)
	out, x, y := a.out[from:to], a.x[from:to], a.y[from:to]
	done := writing(a.out).combine(out, x, y, a.a, a.b)
	combineGeneric(out[done:], x[done:], y[done:], a.a, a.b)
})

func combineGeneric(out, x, y []float32, a, b float32) (done int) {
	y = y[:len(out)]
	for i, v := range x[:len(out)] {
		out[i] = float32(v*a) + float32(y[i]*b) // no fused multiply-add
	}
	return len(out)
}
