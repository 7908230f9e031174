package kernels

// runCopied is [product.run] for matrices a and b whose rows lie so far apart along the sums that they
// compete for few cache sets, and a with aRow 1: it copies a, transposed, then b panel by panel.
func (p *product) runCopied(rows, cols int) {
	x, y, z := joined(p.axes)
	terms := x.n * y.n * z.n
	aRow := terms + 16 // not a power of two
	memory := takeScratch(rows*aRow + terms*panel)
	q := *p
	q.a, q.b, q.aRow, q.bPanel = memory[:rows*aRow], memory[rows*aRow:], aRow, terms*panel
	q.axes = [3]axis{{terms, 1, panel}, once, once}
	at := 0
	for k := range z.n {
		for j := range y.n {
			transpose(q.a[at:], p.a[k*z.a+j*y.a:], rows, x.n, aRow, x.a)
			at += x.n
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

// joined returns axes with those that continue the one before joined to it.
func joined(axes [3]axis) (x, y, z axis) {
	x, y, z = axes[0], axes[1], axes[2]
	for range 2 {
		if y.a == x.n*x.a && y.b == x.n*x.b || y.n == 1 {
			x.n, y, z = x.n*y.n, z, once
		}
	}
	return x, y, z
}
