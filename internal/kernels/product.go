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
	cRow, addRow, aRow int // bytes from row to row
	n1, a1, b1         int
	n2, a2, b2         int
	n3, a3, b3         int
	rows, cols         int
	relu               int // 1: what would be negative is 0
}

const float = 4 // bytes

// panel is the most columns of a tile.
const panel = 32

// zeros is what sums are added to that start at nothing.
var zeros [panel]float32

// A product is a product of matrices of any size, of which tile describes the
// first value. Matrix b is stored in panels of up to 32 columns each, bPanel
// values apart; 32 where b is stored row by row.
type product struct {
	tile
	c, add, a, b []float32 // add nil for zeros; addRow 0 repeats its first row
	bPanel       int
}

// along sets one of the three sums: n terms, so many values apart.
func along(n, a, b int) (int, int, int) { return n, a * float, b * float }

// once is a sum of one term.
func once() (int, int, int) { return 1, 0, 0 }

// finish says whether this product ends its sums and is to be rectified.
func (p *product) finish(relu bool) {
	p.relu = 0
	if relu {
		p.relu = 1
	}
}

// run computes the product: for each tile of rows, all columns.
func (p *product) run(rows, cols int) {
	t := p.tile
	for j := 0; j < cols; {
		var most int
		most, t.cols = tileSize(cols - j)
		t.b = &p.b[j/panel*p.bPanel+j%panel]
		if p.add == nil {
			t.add, t.addRow = &zeros[0], 0
		}
		for tiles, i := blocks(rows, most), 0; tiles > 0; tiles-- {
			t.rows = blocks(rows-i, tiles) // of about the same size each
			t.c = &p.c[i*t.cRow/float+j]
			t.a = &p.a[i*t.aRow/float]
			if p.add != nil {
				t.add = &p.add[i*t.addRow/float+j]
			}
			t.run()
			i += t.rows
		}
		j += t.cols
	}
}

// tileSize returns how many rows and columns a tile may have where so many columns
// are left: what fits into the registers, and never part of two panels.
func tileSize(left int) (rows, cols int) {
	if has(avx512) || !has(avx2) {
		return 12, min(left, panel)
	}
	if left >= 16 {
		return 6, 16
	}
	return 12, min(left, 8)
}
