package kernels

import "math"

// ReLU computes out[i] = max(x[i], 0) for each value of out; NaN stays NaN. It
// may work in place.
func ReLU(out, x []float32) {
	need("ReLU", "x", x, len(out))
	reluLoop.run(blocks(len(out), grain), reluArgs{out: out, x: x})
}

type reluArgs struct{ out, x, dy []float32 }

var reluLoop = newLoop(func(a *reluArgs, part int) {
	from, to := block(part, len(a.out), grain)
	reluWith(writing(a.out, a.x), a.out[from:to], a.x[from:to])
})

func reluWith(set *instructionSet, out, x []float32) {
	done := set.relu(out, x)
	reluGeneric(out[done:], x[done:])
}

func reluGeneric(out, x []float32) (done int) {
	for i, v := range x[:len(out)] {
		out[i] = max(v, 0)
	}
	return len(out)
}

// ReLUGrad computes the gradient of [ReLU] for x from its output y and the
// gradient for it: dx[i] = dy[i] where y[i] > 0, else 0. It may work in place.
func ReLUGrad(dx, y, dy []float32) {
	need("ReLUGrad", "y", y, len(dx))
	need("ReLUGrad", "dy", dy, len(dx))
	reluGradLoop.run(blocks(len(dx), grain), reluArgs{dx, y, dy})
}

var reluGradLoop = newLoop(func(a *reluArgs, part int) {
	from, to := block(part, len(a.out), grain)
	reluGradWith(writing(a.out, a.dy), a.out[from:to], a.x[from:to], a.dy[from:to])
})

func reluGradWith(set *instructionSet, dx, y, dy []float32) {
	done := set.reluGrad(dx, y, dy)
	reluGradGeneric(dx[done:], y[done:], dy[done:])
}

func reluGradGeneric(dx, y, dy []float32) (done int) {
	for i := range dx[:min(len(dx), len(y), len(dy))] {
		g := math.Float32bits(dy[i]) // as bits, which avoids a branch
		if !(y[i] > 0) {
			g = 0
		}
		dx[i] = math.Float32frombits(g)
	}
	return len(dx)
}
