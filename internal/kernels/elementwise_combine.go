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
	combineWith(writing(a.out, a.x, a.y), out, x, y, a.a, a.b)
})

func combineWith(set *instructionSet, out, x, y []float32, a, b float32) {
	done := set.combine(out, x, y, a, b)
	combineGeneric(out[done:], x[done:], y[done:], a, b)
}

func combineGeneric(out, x, y []float32, a, b float32) (done int) {
	y = y[:len(out)]
	for i, v := range x[:len(out)] {
		out[i] = float32(v*a) + float32(y[i]*b) // no fused multiply-add
	}
	return len(out)
}

// AddReLU computes out[i] = max(x[i] + y[i], 0) for each value of out, as [Combine] and [ReLU]
// do. It may work in place.
func AddReLU(out, x, y []float32) {
	need("AddReLU", "x", x, len(out))
	need("AddReLU", "y", y, len(out))
	addReLULoop.run(blocks(len(out), grain), combineArgs{out: out, x: x, y: y})
}

var addReLULoop = newLoop(func(a *combineArgs, part int) {
	from, to := block(part, len(a.out), grain)
	out := a.out[from:to]
	set := writing(a.out, a.x, a.y)
	sum, scratch := between(set, out)
	combineWith(current(), sum, a.x[from:to], a.y[from:to], 1, 1)
	reluWith(set, out, sum)
	giveScratch(scratch)
})

// ReLUGradOfSum is [ReLUGrad] of the sum of two gradients: dx[i] = a[i] + b[i] where y[i] > 0,
// else 0. dx may be a or b.
func ReLUGradOfSum(dx, y, a, b []float32) {
	need("ReLUGradOfSum", "y", y, len(dx))
	need("ReLUGradOfSum", "a", a, len(dx))
	need("ReLUGradOfSum", "b", b, len(dx))
	reluGradOfSumLoop.run(blocks(len(dx), grain), reluGradOfSumArgs{dx, y, a, b})
}

type reluGradOfSumArgs struct{ dx, y, a, b []float32 }

var reluGradOfSumLoop = newLoop(func(a *reluGradOfSumArgs, part int) {
	from, to := block(part, len(a.dx), grain)
	dx := a.dx[from:to]
	set := writing(a.dx, a.a, a.b)
	sum, scratch := between(set, dx)
	combineWith(current(), sum, a.a[from:to], a.b[from:to], 1, 1)
	reluGradWith(set, dx, a.y[from:to], sum)
	giveScratch(scratch)
})
