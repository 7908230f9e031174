package kernels

import "fmt"

type denseArgs struct {
	c, a, b, bias []float32
	n, f, u       int
	relu          bool
}

// checkDense panics unless input, weights and output are long enough for the sizes.
func checkDense(kernel string, x, w, y []float32, n, f, u int) {
	if f < 1 || u < 1 {
		panic(fmt.Sprintf("kernels: %s: impossible sizes %d to %d", kernel, f, u))
	}
	need(kernel, "input", x, n, f)
	need(kernel, "weights", w, f, u)
	need(kernel, "output", y, n, u)
}

// Dense computes out[n,u] = b[u] + Σf x[n,f]·w[f,u], with b nil for zeros; with
// relu, 0 where that is negative.
func Dense(out, x, w, b []float32, n, f, u int, relu bool) {
	checkDenseForward(out, x, w, b, n, f, u)
	if rows := denseConv(n, f, u, relu); n > 0 && n <= denseFew && rows.few() {
		convFew(out, x, w, b, rows)
	} else if n > 0 {
		denseTiles(denseArgs{out, x, w, b, n, f, u, relu})
	}
}

// DenseAlike is [Dense] with the same result for an example in every batch, however small.
func DenseAlike(out, x, w, b []float32, n, f, u int, relu bool) {
	checkDenseForward(out, x, w, b, n, f, u)
	if n > 0 {
		denseTiles(denseArgs{out, x, w, b, n, f, u, relu})
	}
}

func checkDenseForward(out, x, w, b []float32, n, f, u int) {
	checkDense("Dense", x, w, out, n, f, u)
	if b != nil {
		need("Dense", "b", b, u)
	}
}

// denseFew is the number of examples up to which a dense layer is faster without tiles, by
// reading each weight once in place.
const denseFew = 6

// denseConv is a dense layer as a convolution of maps of one pixel.
func denseConv(n, f, u int, relu bool) Conv {
	s := NewConv(n, 1, 1, f, u, 1, 1, 1, 1, false)
	s.ReLU = relu
	return s
}

// DenseGradX computes the gradient of [Dense] for x: dx[n,f] = Σu dy[n,u]·w[f,u].
func DenseGradX(dx, dy, w []float32, n, f, u int) {
	checkDense("DenseGradX", dx, w, dy, n, f, u)
	if n > 0 {
		denseGradXTiles(dx, dy, w, n, f, u)
	}
}

// DenseGradW computes the gradient of [Dense] for w: dw[f,u] = Σn x[n,f]·dy[n,u].
// The gradient for b is [SumRows] of dy.
func DenseGradW(dw, x, dy []float32, n, f, u int) {
	checkDense("DenseGradW", x, dw, dy, n, f, u)
	if n > 0 {
		denseGradWTiles(dw, x, dy, n, f, u)
	} else {
		clear(dw[:f*u])
	}
}
