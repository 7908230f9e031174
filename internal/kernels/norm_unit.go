package kernels

import "math"

// unitNormEpsilon bounds the scale where a row is close to 0, as in Keras.
const unitNormEpsilon = 1e-12

// UnitNorm divides each row of x [n,c] by its Euclidean norm. It may work in place.
func UnitNorm(out, x []float32, n, c int) {
	need("UnitNorm", "out", out, n, c)
	need("UnitNorm", "x", x, n, c)
	unitNormLoop.run(blocks(n, rowsPerPart(c)), unitNormArgs{out: out, x: x, n: n, c: c})
}

// UnitNormGrad computes the gradient of [UnitNorm] for x from x and the gradient for the
// output: dx = (dy - y·Σ dy·y)/‖x‖. It may overwrite dy.
func UnitNormGrad(dx, x, dy []float32, n, c int) {
	need("UnitNormGrad", "dx", dx, n, c)
	need("UnitNormGrad", "x", x, n, c)
	need("UnitNormGrad", "dy", dy, n, c)
	unitNormGradLoop.run(blocks(n, rowsPerPart(c)), unitNormArgs{dx, x, dy, n, c})
}

type unitNormArgs struct {
	out, x, dy []float32
	n, c       int
}

// unitScale returns 1/‖x‖, and whether it was not clipped.
func unitScale(x []float32) (scale float64, free bool) {
	scale = 1 / math.Sqrt(sumOfSquares(x, 0))
	if scale > 1/unitNormEpsilon {
		return 1 / unitNormEpsilon, false
	}
	return scale, true
}

var unitNormLoop = newLoop(func(a *unitNormArgs, part int) {
	from, to := block(part, a.n, rowsPerPart(a.c))
	for i := from; i < to; i++ {
		out, x := a.out[i*a.c:][:a.c], a.x[i*a.c:][:a.c]
		scale, _ := unitScale(x)
		for j, v := range x {
			out[j] = float32(float64(v) * scale)
		}
	}
})

var unitNormGradLoop = newLoop(func(a *unitNormArgs, part int) {
	from, to := block(part, a.n, rowsPerPart(a.c))
	for i := from; i < to; i++ {
		dx, x, dy := a.out[i*a.c:][:a.c], a.x[i*a.c:][:a.c], a.dy[i*a.c:][:a.c]
		scale, free := unitScale(x)
		dot := 0.0
		if free {
			for j, g := range dy {
				dot += float64(float64(g) * float64(x[j]))
			}
			dot *= scale * scale
		}
		for j, g := range dy {
			dx[j] = float32((float64(g) - float64(float64(x[j])*dot)) * scale)
		}
	}
})
