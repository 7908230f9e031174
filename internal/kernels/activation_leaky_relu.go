package kernels

import "math"

// LeakyReLU computes out[i] = x[i] where that is positive, else x[i]·slope, for
// each value of out. It may work in place.
func LeakyReLU(out, x []float32, slope float32) {
	need("LeakyReLU", "x", x, len(out))
	leakyReLULoop.run(blocks(len(out), grain), leakyReLUArgs{out, x, x, slope})
}

// LeakyReLUGrad computes the gradient of [LeakyReLU] for x from x and the gradient
// for the output: dx[i] = dy[i] where x[i] > 0, else dy[i]·slope. It may work in
// place.
func LeakyReLUGrad(dx, x, dy []float32, slope float32) {
	need("LeakyReLUGrad", "x", x, len(dx))
	need("LeakyReLUGrad", "dy", dy, len(dx))
	leakyReLULoop.run(blocks(len(dx), grain), leakyReLUArgs{dx, x, dy, slope})
}

// leakyReLUArgs is for out = v where x is positive, else v·slope.
type leakyReLUArgs struct {
	out, x, v []float32
	slope     float32
}

var leakyReLULoop = newLoop(func(a *leakyReLUArgs, part int) {
	from, to := block(part, len(a.out), grain)
	out, x, v := a.out[from:to], a.x[from:to], a.v[from:to]
	one, slope := math.Float32bits(1), math.Float32bits(a.slope)
	for i := range out[:min(len(out), len(x), len(v))] {
		factor := one // as bits, which avoids a branch
		if !(x[i] > 0) {
			factor = slope
		}
		out[i] = v[i] * math.Float32frombits(factor)
	}
})
