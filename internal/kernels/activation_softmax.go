package kernels

import (
	"math"
	"slices"
)

// Softmax computes out[n,c] = exp(x[n,c]) / Σk exp(x[n,k]). The largest x of a
// row is subtracted first, so that exp does not overflow. It may work in place.
func Softmax(out, x []float32, n, c int) {
	need("Softmax", "out", out, n, c)
	need("Softmax", "x", x, n, c)
	softmaxLoop.run(blocks(n, rowsPerPart(c)), softmaxArgs{out: out, x: x, n: n, c: c})
}

type softmaxArgs struct {
	out, x, dy []float32
	n, c       int
}

var softmaxLoop = newLoop(func(a *softmaxArgs, part int) {
	from, to := block(part, a.n, rowsPerPart(a.c))
	for i := from; i < to; i++ {
		out, x := a.out[i*a.c:][:a.c], a.x[i*a.c:][:a.c]
		largest, sum := sumExp(x)
		for j, v := range x {
			out[j] = float32(math.Exp(float64(v)-largest) / sum)
		}
	}
})

// sumExp returns the largest x and Σ exp(x-largest), which does not overflow and
// is NaN if x holds NaN or +Inf.
func sumExp(x []float32) (largest, sum float64) {
	if len(x) == 0 {
		return 0, 0
	}
	largest = float64(slices.Max(x))
	for _, v := range x {
		sum += math.Exp(float64(v) - largest)
	}
	return largest, sum
}

// SoftmaxGrad computes the gradient of [Softmax] for x from its output y and
// the gradient for it: dx[n,c] = y[n,c]·(dy[n,c] - Σk dy[n,k]·y[n,k]).
func SoftmaxGrad(dx, y, dy []float32, n, c int) {
	need("SoftmaxGrad", "dx", dx, n, c)
	need("SoftmaxGrad", "y", y, n, c)
	need("SoftmaxGrad", "dy", dy, n, c)
	softmaxGradLoop.run(blocks(n, rowsPerPart(c)), softmaxArgs{dx, y, dy, n, c})
}

var softmaxGradLoop = newLoop(func(a *softmaxArgs, part int) {
	from, to := block(part, a.n, rowsPerPart(a.c))
	for i := from; i < to; i++ {
		dx, y, dy := a.out[i*a.c:][:a.c], a.x[i*a.c:][:a.c], a.dy[i*a.c:][:a.c]
		dot := 0.0
		for j, g := range dy {
			dot += float64(float64(g) * float64(y[j]))
		}
		for j, g := range dy {
			dx[j] = normal(float32(float64(y[j]) * (float64(g) - dot)))
		}
	}
})
