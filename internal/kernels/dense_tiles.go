package kernels

// The dense kernels by tiles read the weights in place, once for small batches.

// denseTiles is [Dense]; one part is some columns of w.
func denseTiles(a denseArgs) {
	denseTilesLoop.run(blocks(a.u, denseColumns(a.f, a.u)), a)
}

// denseColumns is how many columns of w one part handles: enough to read longer
// pieces of memory at a time where w is large.
func denseColumns(f, u int) int {
	if f*u < 1<<18 {
		return 64
	}
	return 256
}

const denseRun = 256 // products in a row, of which the weights stay in the cache

var denseTilesLoop = newLoop(func(a *denseArgs, part int) {
	from, to := block(part, a.u, denseColumns(a.f, a.u))
	p := product{c: a.c[from:], bPanel: panel}
	if a.bias != nil {
		p.add = a.bias[from:]
	}
	p.cRow, p.aRow = a.u*float, a.f*float
	p.n2, p.a2, p.b2 = once()
	p.n3, p.a3, p.b3 = once()
	for k := 0; k < a.f; k += denseRun {
		p.n1, p.a1, p.b1 = along(min(denseRun, a.f-k), 1, a.u)
		p.a, p.b = a.a[k:], a.b[k*a.u+from:]
		if a.relu && k+denseRun >= a.f {
			p.relu = 1
		}
		p.run(a.n, to-from)
		p.add, p.addRow = p.c, p.cRow
	}
})

// denseGradXTiles is [DenseGradX] as the product [F,U]·[U,N], whose result it
// transposes; one part is some rows of w.
func denseGradXTiles(dx, dy, w []float32, n, f, u int) {
	turned := takeScratch(u * n)
	transpose(turned, dy, u, n, n, u)
	denseGradXTilesLoop.run(blocks(f, denseRows), denseArgs{c: dx, a: w, b: turned, n: n, f: f, u: u})
	giveScratch(turned)
}

const denseRows = 48

var denseGradXTilesLoop = newLoop(func(a *denseArgs, part int) {
	const run = 1024
	from, to := block(part, a.f, denseRows)
	sums := takeScratch((to - from) * a.n)
	p := product{c: sums, bPanel: panel}
	p.cRow, p.aRow = a.n*float, a.u*float
	p.n2, p.a2, p.b2 = once()
	p.n3, p.a3, p.b3 = once()
	for k := 0; k < a.u; k += run {
		p.n1, p.a1, p.b1 = along(min(run, a.u-k), 1, a.n)
		p.a, p.b = a.a[from*a.u+k:], a.b[k*a.n:]
		p.run(to-from, a.n)
		p.add, p.addRow = p.c, p.cRow
	}
	transpose(a.c[from:], sums, a.n, to-from, a.f, a.n)
	giveScratch(sums)
})

// denseGradWTiles is [DenseGradW]; one part is some rows of w.
func denseGradWTiles(dw, x, dy []float32, n, f, u int) {
	denseGradWTilesLoop.run(blocks(f, denseRows), denseArgs{c: dw, a: x, b: dy, n: n, f: f, u: u})
}

var denseGradWTilesLoop = newLoop(func(a *denseArgs, part int) {
	from, to := block(part, a.f, denseRows)
	p := product{c: a.c[from*a.u:], bPanel: panel}
	p.cRow, p.aRow = a.u*float, float
	p.n2, p.a2, p.b2 = once()
	p.n3, p.a3, p.b3 = once()
	for k := 0; k < a.n; k += denseRun {
		p.n1, p.a1, p.b1 = along(min(denseRun, a.n-k), a.f, a.u)
		p.a, p.b = a.a[k*a.f+from:], a.b[k*a.u:]
		p.run(to-from, a.u)
		p.add, p.addRow = p.c, p.cRow
	}
})
