package kernels

import "math"

// GlobalMaxPool computes out[n,c] as the largest of x[n,p,c] over the pixels p of
// a map; NaN wins.
func GlobalMaxPool(out, x []float32, n, pixels, c int) {
	need("GlobalMaxPool", "out", out, n, c)
	need("GlobalMaxPool", "x", x, n, pixels, c)
	globalMaxPoolLoop.run(n, globalMaxPoolArgs{out: out, x: x, pixels: pixels, c: c})
}

type globalMaxPoolArgs struct {
	out, x, y, dy []float32
	pixels, c     int
}

// One part is one image.
var globalMaxPoolLoop = newLoop(func(a *globalMaxPoolArgs, n int) {
	out, x := a.out[n*a.c:][:a.c], a.x[n*a.pixels*a.c:][:a.pixels*a.c]
	for c := range out {
		out[c] = float32(math.Inf(-1))
	}
	for ; len(x) > 0; x = x[len(out):] {
		for c, v := range x[:len(out)] {
			out[c] = max(out[c], v)
		}
	}
})

// GlobalMaxPoolGrad computes the gradient of [GlobalMaxPool] for x from its output y and
// the gradient for it. If several pixels hold the maximum, dy is divided equally among
// them, as in TensorFlow's reduce_max; in [MaxPool2DGrad] the first one gets all of it.
func GlobalMaxPoolGrad(dx, x, y, dy []float32, n, pixels, c int) {
	need("GlobalMaxPoolGrad", "dx", dx, n, pixels, c)
	need("GlobalMaxPoolGrad", "x", x, n, pixels, c)
	need("GlobalMaxPoolGrad", "y", y, n, c)
	need("GlobalMaxPoolGrad", "dy", dy, n, c)
	globalMaxPoolGradLoop.run(n, globalMaxPoolArgs{dx, x, y, dy, pixels, c})
}

var globalMaxPoolGradLoop = newLoop(func(a *globalMaxPoolArgs, n int) {
	at, size := n*a.pixels*a.c, a.pixels*a.c
	dx, x := a.out[at:][:size], a.x[at:][:size]
	for c := range a.c {
		y, winners := a.y[n*a.c+c], float32(0)
		for i := c; i < size; i += a.c {
			if x[i] == y {
				winners++
			}
		}
		for i := c; i < size; i += a.c {
			dx[i] = 0
			if x[i] == y {
				dx[i] = a.dy[n*a.c+c] / winners
			}
		}
	}
})
