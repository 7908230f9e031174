package kernels

// A tile is a product of matrices, small enough that its sums stay in registers:
//
//	c[i,j] = add[i,j] + Σr Σq Σp a[i, p,q,r]·b[p,q,r, j]
//
// with p below n1, q below n2 and r below n3, none of which is 0. Value (i, p,q,r)
// of a lies i·aRow + p·a1 + q·a2 + r·a3 bytes after a, row (p,q,r) of b
// p·b1 + q·b2 + r·b3 bytes after b. The three sums walk the pixels and channels
// of an image in place, so that a convolution needs no copy of its windows.
//
// Each sum is taken in that order, by fused multiply-adds on its own, whatever
// the size of the tile: a row of a result does not depend on the other rows.
type tile struct {
	c, add, a, b       *float32
	cRow, addRow, aRow int // row strides in bytes
	n1, a1, b1         int
	n2, a2, b2         int
	n3, a3, b3         int
	rows, cols         int
	relu               int // 1: apply ReLU to the result

	// Each round of the innermost sum, the p-th, fetches the values of a aAhead + p·aNext
	// bytes and those of b bAhead bytes ahead.
	aAhead, aNext, bAhead int
}

const float = 4 // strides in bytes

// panel is the largest number of columns of a tile.
const panel = 32

// zeros is the row that sums without a start are added to.
var zeros [panel]float32

// A product is a product of matrices of any size,
//
//	c[i,j] = start[i,j] + Σr Σq Σp a[i, p,q,r]·b[p,q,r, j]
//
// with p, q and r along its axes. Rows of c and a lie cRow and aRow values apart.
// Matrix b is stored in panels of up to 32 columns each, bPanel values apart; 32
// where b is stored row by row.
type product struct {
	c, a, b    []float32
	cRow, aRow int
	bPanel     int
	axes       [3]axis // the innermost first
	start      start
	add        []float32 // what the sums are added to
	relu       bool      // apply ReLU to the result

	// What is needed after this product, in the order of memory: it is fetched while the product runs.
	next [2][]float32
}

// An axis is one of the three sums: n terms, with strides a and b.
type axis struct{ n, a, b int }

// once is an axis of length one.
var once = axis{n: 1}

// turned is the axis of the product with a and b exchanged.
func (x axis) turned() axis { return axis{x.n, x.b, x.a} }

// A start is the initial value of the sums of a product.
type start int

const (
	fromZero start = iota
	fromRow        // to the row add, each row of them
	fromRows       // the matrix add, with row stride cRow
	fromC          // the values of c: continues a product
)

// startFrom returns a start with a row, from one of its values on, or with zeros if the row
// is nil.
func (p *product) startFrom(row []float32, at int) {
	if row == nil {
		p.start = fromZero
	} else {
		p.start, p.add = fromRow, row[at:]
	}
}

// run computes the product: for each tile of rows, all columns.
func (p *product) run(rows, cols int) {
	t := p.tile()
	add, addRow := p.add, p.cRow
	switch p.start {
	case fromZero:
		t.add, t.addRow = &zeros[0], 0
	case fromRow:
		addRow, t.addRow = 0, 0
	case fromC:
		add = p.c
	}
	set := current()
	fetch := p.fetch(rows, cols)
	for j := 0; j < cols; {
		kernel := set.tile(cols - j)
		t.cols = min(cols-j, kernel.cols)
		t.b = &p.b[j/panel*p.bPanel+j%panel]
		for tiles, i := blocks(rows, kernel.rows), 0; tiles > 0; tiles-- {
			t.rows = blocks(rows-i, tiles) // of about equal size
			t.c = &p.c[i*p.cRow+j]
			t.a = &p.a[i*p.aRow]
			switch {
			case fetch.step > 0:
				t.aAhead, t.aNext = fetch.tile(p, t.a), fetch.step
			case p.aRow != 1:
				t.aAhead = t.rows * t.aRow
				t.aNext = t.aAhead / t.n1
			}
			if p.start != fromZero {
				t.add = &add[i*addRow+j]
			}
			kernel.run(noescape(&t))
			i += t.rows
		}
		j += t.cols
	}
}

// tile returns the common part of all tiles of the product.
func (p *product) tile() tile {
	x, y, z := p.axes[0], p.axes[1], p.axes[2]
	if x.n < 1 || y.n < 1 || z.n < 1 {
		panic("kernels: a product without terms") // for which the assembly would not terminate
	}
	t := tile{
		cRow: p.cRow * float, addRow: p.cRow * float, aRow: p.aRow * float,
		n1: x.n, a1: x.a * float, b1: x.b * float,
		n2: y.n, a2: y.a * float, b2: y.b * float,
		n3: z.n, a3: z.a * float, b3: z.b * float,
	}
	t.bAhead = 8 * t.b1
	if p.aRow == 1 && x.n*y.n*z.n > 256 {
		t.aAhead, t.aNext, t.bAhead = 32*t.a1, t.a1, 16*t.b1
	}
	if p.relu {
		t.relu = 1
	}
	return t
}

// A tileKernel computes tiles of up to rows by cols values, which fit into registers; it is
// used while at least a given number of columns is left. No tile spans two panels.
type tileKernel struct {
	rows, cols, least int
	run               func(t *tile)
}

// tile returns the kernel for a tile where so many columns are left.
func (s *instructionSet) tile(left int) *tileKernel {
	i := 0
	for left < s.tiles[i].least {
		i++
	}
	return &s.tiles[i]
}
