package kernels

// The dense kernels by tiles read the weights once for small batches, in pieces that
// stay in the cache. Rows of large matrices lie so far apart that they share few
// cache lines: where tiles would walk across such rows, they are copied first.

// denseLarge reports whether weights are so large that copies pay.
func denseLarge(f, u int) bool { return f*u >= 1<<18 }

// denseTiles is [Dense]; one part is some columns of w.
func denseTiles(a denseArgs) {
	if !denseLarge(a.f, a.u) {
		denseTilesLoop.run(blocks(a.u, denseCols), a)
		return
	}
	x := a.a
	a.a = takeScratch(a.f * a.n)
	transpose(a.a, x, a.f, a.n, a.n, a.f)
	denseLargeLoop.run(blocks(a.u, denseLargeCols), a)
	giveScratch(a.a)
}

const (
	denseCols      = 64
	denseLargeCols = 256
	denseRun       = 256 // products in a row, of which the weights stay in the cache
)

var denseTilesLoop = newLoop(func(a *denseArgs, part int) {
	from, to := block(part, a.u, denseCols)
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
		p.finish(a.relu && k+denseRun >= a.f)
		p.run(a.n, to-from)
		p.add, p.addRow = p.c, p.cRow
	}
})

// In this loop x is transposed, and w is copied to panels piece by piece.
var denseLargeLoop = newLoop(func(a *denseArgs, part int) {
	from, to := block(part, a.u, denseLargeCols)
	w := takeScratch(denseRun * denseLargeCols)
	p := product{c: a.c[from:], b: w, bPanel: denseRun * panel}
	if a.bias != nil {
		p.add = a.bias[from:]
	}
	p.cRow, p.aRow = a.u*float, float
	p.n2, p.a2, p.b2 = once()
	p.n3, p.a3, p.b3 = once()
	for k := 0; k < a.f; k += denseRun {
		rows := min(denseRun, a.f-k)
		toPanels(w, a.b[k*a.u+from:], rows, to-from, a.u, denseRun)
		p.n1, p.a1, p.b1 = along(rows, a.n, panel)
		p.a = a.a[k*a.n:]
		p.finish(a.relu && k+denseRun >= a.f)
		p.run(a.n, to-from)
		p.add, p.addRow = p.c, p.cRow
	}
	giveScratch(w)
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
	a := denseArgs{c: dw, a: x, b: dy, n: n, f: f, u: u}
	if !denseLarge(f, u) {
		denseGradWTilesLoop.run(blocks(f, denseRows), a)
		return
	}
	a.a, a.b = takeScratch(f*n), takeScratch(n*blocks(u, panel)*panel)
	transpose(a.a, x, f, n, n, f)
	toPanels(a.b, dy, n, u, u, n)
	denseLargeGradWLoop.run(blocks(f, denseRows), a)
	giveScratch(a.a)
	giveScratch(a.b)
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

// In this loop x is transposed and dy in panels.
var denseLargeGradWLoop = newLoop(func(a *denseArgs, part int) {
	from, to := block(part, a.f, denseRows)
	p := product{c: a.c[from*a.u:], bPanel: a.n * panel}
	p.cRow, p.aRow = a.u*float, a.n*float
	p.n2, p.a2, p.b2 = once()
	p.n3, p.a3, p.b3 = once()
	for k := 0; k < a.n; k += denseRun {
		p.n1, p.a1, p.b1 = along(min(denseRun, a.n-k), 1, panel)
		p.a, p.b = a.a[from*a.n+k:], a.b[k*panel:]
		p.run(to-from, a.u)
		p.add, p.addRow = p.c, p.cRow
	}
})
