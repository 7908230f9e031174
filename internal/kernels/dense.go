package kernels

type denseArgs struct {
	c, a, b, bias []float32
	n, f, u       int
	relu          bool
}

// biasFrom returns the bias of the units from unit on, nil if there is none.
func (a *denseArgs) biasFrom(unit int) []float32 {
	if a.bias == nil {
		return nil
	}
	return a.bias[unit:]
}

// Dense layers have at least one input and one output.

// Dense computes out[n,u] = b[u] + Σf x[n,f]·w[f,u], with b nil for zeros; with
// relu, 0 where that is negative.
func Dense(out, x, w, b []float32, n, f, u int, relu bool) {
	need("Dense", "out", out, n, u)
	need("Dense", "x", x, n, f)
	need("Dense", "w", w, f, u)
	if b != nil {
		need("Dense", "b", b, u)
	}
	if rows := denseConv(n, f, u, relu); n > 0 && n <= denseFew && rows.few() {
		convFew(out, x, w, b, rows)
	} else if n > 0 {
		denseTiles(denseArgs{out, x, w, b, n, f, u, relu})
	}
}

// denseFew is up to how many examples a dense layer is faster by reading each weight once
// where it lies, and not in tiles.
const denseFew = 6

// denseConv is a dense layer as a convolution of maps of one pixel.
func denseConv(n, f, u int, relu bool) Conv {
	s := NewConv(n, 1, 1, f, u, 1, 1, 1, 1, false)
	s.ReLU = relu
	return s
}

// DenseGradX computes the gradient of [Dense] for x: dx[n,f] = Σu dy[n,u]·w[f,u].
func DenseGradX(dx, dy, w []float32, n, f, u int) {
	need("DenseGradX", "dx", dx, n, f)
	need("DenseGradX", "dy", dy, n, u)
	need("DenseGradX", "w", w, f, u)
	if n > 0 {
		denseGradXTiles(dx, dy, w, n, f, u)
	}
}

// DenseGradW computes the gradient of [Dense] for w: dw[f,u] = Σn x[n,f]·dy[n,u].
// The gradient for b is [SumRows] of dy.
func DenseGradW(dw, x, dy []float32, n, f, u int) {
	need("DenseGradW", "dw", dw, f, u)
	need("DenseGradW", "x", x, n, f)
	need("DenseGradW", "dy", dy, n, u)
	if n > 0 {
		denseGradWTiles(dw, x, dy, n, f, u)
	} else {
		clear(dw[:f*u])
	}
}
