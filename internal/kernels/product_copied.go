package kernels

// runCopied is [product.run] for matrices whose rows lie so far apart along the sums that they
// compete for few cache sets: it copies a, then b panel by panel.
func (p *product) runCopied(rows, cols int) {
	x, y, z := p.axes[0], p.axes[1], p.axes[2]
	terms := x.n * y.n * z.n
	memory := takeScratch(terms * (rows + panel))
	q := *p
	q.a, q.b, q.bPanel = memory[:terms*rows], memory[terms*rows:], terms*panel
	q.axes = [3]axis{{terms, rows, panel}, once, once}
	at := 0
	for k := range z.n {
		for j := range y.n {
			for i := range x.n {
				copy(q.a[at:at+rows], p.a[k*z.a+j*y.a+i*x.a:])
				at += rows
			}
		}
	}
	for f := 0; f < cols; f += panel {
		width, at := min(panel, cols-f), 0
		for k := range z.n {
			for j := range y.n {
				toPanels(q.b[at*panel:], p.b[k*z.b+j*y.b+f:], x.n, width, x.b, terms)
				at += x.n
			}
		}
		q.c = p.c[f:]
		q.run(rows, width)
	}
	giveScratch(memory)
}
