package kernels

// denseBlock is how many columns (rows, for the gradients) of the weights one
// part of a dense kernel handles: a cache line of float32.
const denseBlock = 16

var denseLoop = newLoop(func(a *denseArgs, part int) {
	from, to := block(part, a.u, denseBlock)
	out := rowMajor(a.c[from:], a.n, to-from, a.u)
	if a.bias == nil {
		fillRows(out, nil)
	} else {
		fillRows(out, a.bias[from:to])
	}
	mulAdd(out, rowMajor(a.a, a.n, a.f, a.f), rowMajor(a.b[from:], a.f, to-from, a.u))
	if a.relu {
		for i := range out.rows {
			row := out.data[i*out.down:][:out.cols]
			reluGeneric(row, row)
		}
	}
})

var denseGradXLoop = newLoop(func(a *denseArgs, part int) {
	from, to := block(part, a.f, denseBlock)
	dx := rowMajor(a.c[from:], a.n, to-from, a.f)
	fillRows(dx, nil)
	mulAdd(dx, rowMajor(a.a, a.n, a.u, a.u), rowMajor(a.b[from*a.u:], to-from, a.u, a.u).transposed())
})

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
