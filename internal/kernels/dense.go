package kernels

// denseBlock is how many columns (rows, for the gradients) of the weights one
// part of a dense kernel handles: a cache line of float32.
const denseBlock = 16

type denseArgs struct {
	c, a, b, bias []float32
	n, f, u       int
}

// Dense computes out[n,u] = b[u] + Σf x[n,f]·w[f,u], with b nil for zeros.
func Dense(out, x, w, b []float32, n, f, u int) {
	need("Dense", "out", out, n, u)
	need("Dense", "x", x, n, f)
	need("Dense", "w", w, f, u)
	if b != nil {
		need("Dense", "b", b, u)
	}
	denseLoop.run(blocks(u, denseBlock), denseArgs{out, x, w, b, n, f, u})
}

var denseLoop = newLoop(func(a *denseArgs, part int) {
	from, to := block(part, a.u, denseBlock)
	out := rowMajor(a.c[from:], a.n, to-from, a.u)
	if a.bias == nil {
		fillRows(out, nil)
	} else {
		fillRows(out, a.bias[from:to])
	}
	mulAdd(out, rowMajor(a.a, a.n, a.f, a.f), rowMajor(a.b[from:], a.f, to-from, a.u))
})

// DenseGradX computes the gradient of [Dense] for x: dx[n,f] = Σu dy[n,u]·w[f,u].
func DenseGradX(dx, dy, w []float32, n, f, u int) {
	need("DenseGradX", "dx", dx, n, f)
	need("DenseGradX", "dy", dy, n, u)
	need("DenseGradX", "w", w, f, u)
	denseGradXLoop.run(blocks(f, denseBlock), denseArgs{c: dx, a: dy, b: w, n: n, f: f, u: u})
}

var denseGradXLoop = newLoop(func(a *denseArgs, part int) {
	from, to := block(part, a.f, denseBlock)
	dx := rowMajor(a.c[from:], a.n, to-from, a.f)
	fillRows(dx, nil)
	mulAdd(dx, rowMajor(a.a, a.n, a.u, a.u), rowMajor(a.b[from*a.u:], to-from, a.u, a.u).transposed())
})

// DenseGradW computes the gradient of [Dense] for w: dw[f,u] = Σn x[n,f]·dy[n,u].
// The gradient for b is [SumRows] of dy.
func DenseGradW(dw, x, dy []float32, n, f, u int) {
	need("DenseGradW", "dw", dw, f, u)
	need("DenseGradW", "x", x, n, f)
	need("DenseGradW", "dy", dy, n, u)
	denseGradWLoop.run(blocks(f, denseBlock), denseArgs{c: dw, a: x, b: dy, n: n, f: f, u: u})
}

var denseGradWLoop = newLoop(func(a *denseArgs, part int) {
	from, to := block(part, a.f, denseBlock)
	dw := rowMajor(a.c[from*a.u:], to-from, a.u, a.u)
	fillRows(dw, nil)
	mulAdd(dw, rowMajor(a.a[from:], a.n, to-from, a.f).transposed(), rowMajor(a.b, a.n, a.u, a.u))
})

// fillRows sets each row of c to row, or to zeros if row is nil.
func fillRows(c matrix, row []float32) {
	for i := range c.rows {
		to := c.data[i*c.down:][:c.cols]
		if row == nil {
			clear(to)
		} else {
			copy(to, row)
		}
	}
}
