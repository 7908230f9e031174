package kernels

// For small batches, dense layers read the weights once, in runs of rows that stay in the
// cache. Rows of large matrices are so far apart that they compete for few cache sets:
// matrices that tiles would read across rows are copied first.

// denseLarge reports whether weights are so large that copying pays off.
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
	denseRun       = 256 // products in a row, for which the weights stay in the cache
)

var denseTilesLoop = newLoop(func(a *denseArgs, part int) {
	from, to := block(part, a.u, denseCols)
	p := product{c: a.c[from:], cRow: a.u, aRow: a.f, bPanel: panel}
	p.startFrom(a.bias, from)
	for k := 0; k < a.f; k += denseRun {
		p.axes = [3]axis{{min(denseRun, a.f-k), 1, a.u}, once, once}
		p.a, p.b = a.a[k:], a.b[k*a.u+from:]
		p.relu = a.relu && k+denseRun >= a.f
		p.run(a.n, to-from)
		p.start = fromC
	}
})

// In this loop x is transposed, and w is copied to panels run by run.
var denseLargeLoop = newLoop(func(a *denseArgs, part int) {
	from, to := block(part, a.u, denseLargeCols)
	w := takeScratch(denseRun * denseLargeCols)
	p := product{c: a.c[from:], b: w, cRow: a.u, aRow: 1, bPanel: denseRun * panel}
	p.startFrom(a.bias, from)
	for k := 0; k < a.f; k += denseRun {
		rows := min(denseRun, a.f-k)
		toPanels(w, a.b[k*a.u+from:], rows, to-from, a.u, denseRun)
		p.axes = [3]axis{{rows, a.n, panel}, once, once}
		p.a = a.a[k*a.n:]
		p.relu = a.relu && k+denseRun >= a.f
		p.run(a.n, to-from)
		p.start = fromC
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
	p := product{c: sums, cRow: a.n, aRow: a.u, bPanel: panel}
	for k := 0; k < a.u; k += run {
		p.axes = [3]axis{{min(run, a.u-k), 1, a.n}, once, once}
		p.a, p.b = a.a[from*a.u+k:], a.b[k*a.n:]
		p.run(to-from, a.n)
		p.start = fromC
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
	p := product{c: a.c[from*a.u:], cRow: a.u, aRow: 1, bPanel: panel}
	for k := 0; k < a.n; k += denseRun {
		p.axes = [3]axis{{min(denseRun, a.n-k), a.f, a.u}, once, once}
		p.a, p.b = a.a[k*a.f+from:], a.b[k*a.u:]
		p.run(to-from, a.u)
		p.start = fromC
	}
})

// In this loop x is transposed and dy in panels.
var denseLargeGradWLoop = newLoop(func(a *denseArgs, part int) {
	from, to := block(part, a.f, denseRows)
	p := product{c: a.c[from*a.u:], cRow: a.u, aRow: a.n, bPanel: a.n * panel}
	for k := 0; k < a.n; k += denseRun {
		p.axes = [3]axis{{min(denseRun, a.n-k), 1, panel}, once, once}
		p.a, p.b = a.a[from*a.n+k:], a.b[k*panel:]
		p.run(to-from, a.u)
		p.start = fromC
	}
})
