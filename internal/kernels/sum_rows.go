package kernels

// sumBlock is the number of rows that are summed before the sum is added to a total: with
// sums of that many float32 values the rounding errors stay near 1e-6 for any number of
// rows.
const sumBlock = 512

// SumRows computes out[u] = Σn x[n,u], first over blocks of rows and then over
// the blocks.
func SumRows(out, x []float32, n, u int) {
	need("SumRows", "out", out, u)
	need("SumRows", "x", x, n, u)
	parts := blocks(n, sumBlock)
	sums := takeScratch(parts * u)
	sumRowsLoop.run(parts, sumRowsArgs{sums, x, n, u})
	addRows(out[:u], sums)
	giveScratch(sums)
}

type sumRowsArgs struct {
	sums, x []float32
	n, u    int
}

var sumRowsLoop = newLoop(func(a *sumRowsArgs, part int) {
	from, to := block(part, a.n, sumBlock)
	addRows(a.sums[part*a.u:][:a.u], a.x[from*a.u:to*a.u])
})

// addRows sets out to the sum of the rows of x, each as long as out.
func addRows(out, x []float32) {
	if len(out) > 0 && len(x) >= 8*len(out) {
		addRowsTiles(out, x)
	} else {
		addFewRows(out, x)
	}
}

func addFewRows(out, x []float32) {
	clear(out)
	for len(x) >= len(out) && len(out) > 0 {
		for j, v := range x[:len(out)] {
			out[j] += v
		}
		x = x[len(out):]
	}
}

// addRowsTiles multiplies x by ones. As many short rows as fit into a panel are processed
// as one, and their sums are added up.
func addRowsTiles(out, x []float32) {
	together := max(1, min(panel, len(x)/8)/len(out))
	width := together * len(out)
	rows := len(x) / width
	var wide [panel]float32
	sums := out
	if together > 1 {
		sums = wide[:width]
	}
	p := product{c: sums, a: ones[:], b: x, bPanel: panel}
	p.axes = [3]axis{{rows, 0, width}, once, once}
	p.run(1, width)
	if together > 1 {
		addFewRows(out, sums)
	}
	for x = x[rows*width:]; len(x) >= len(out); x = x[len(out):] {
		for j, v := range x[:len(out)] {
			out[j] += v
		}
	}
}

var ones = [...]float32{1}
