package kernels

// A matrix is a view into a slice: value (i,j) is data[i*down+j*right]. Rows may
// overlap, which makes the windows of a convolution a matrix without copying.
type matrix struct {
	data        []float32
	rows, cols  int
	down, right int
}

// rowMajor views data as rows that start stride values apart.
func rowMajor(data []float32, rows, cols, stride int) matrix {
	return matrix{data, rows, cols, stride, 1}
}

// transposed swaps rows and columns.
func (m matrix) transposed() matrix {
	return matrix{m.data, m.cols, m.rows, m.right, m.down}
}

// mulAdd computes c[i,j] += Σk a[i,k]·b[k,j]. Each sum is taken in the order of
// k, on its own, and then added to c, so the rows of c may overlap too. Tiles of
// 4 by 2 sums are kept in registers: six loads feed eight products.
func mulAdd(c, a, b matrix) {
	i := 0
	for ; i+4 <= c.rows; i += 4 {
		j := 0
		for ; j+2 <= c.cols; j += 2 {
			tile4x2(c, a, b, i, j)
		}
		for ; j < c.cols; j++ {
			for r := i; r < i+4; r++ {
				tile1x1(c, a, b, r, j)
			}
		}
	}
	for ; i < c.rows; i++ {
		j := 0
		for ; j+4 <= c.cols; j += 4 {
			tile1x4(c, a, b, i, j)
		}
		for ; j < c.cols; j++ {
			tile1x1(c, a, b, i, j)
		}
	}
}

// tile4x2 adds to rows i to i+3 and columns j and j+1 of c.
func tile4x2(c, a, b matrix, i, j int) {
	s00, s01, s10, s11, s20, s21, s30, s31 := dots4x2(
		a.data[i*a.down:], b.data[j*b.right:], a.cols, a.right, a.down, b.down, b.right)
	at := i*c.down + j*c.right
	for _, s := range [...][2]float32{{s00, s01}, {s10, s11}, {s20, s21}, {s30, s31}} {
		c.data[at] += s[0]
		c.data[at+c.right] += s[1]
		at += c.down
	}
}

// dots4x2 returns the eight sums of tile4x2, over n products each. Along a sum,
// values are aStep and bStep apart; from row to row and from column to column,
// aNext and bNext. A function of its own, it leaves the registers to the loop.
func dots4x2(a, b []float32, n, aStep, aNext, bStep, bNext int) (s00, s01, s10, s11, s20, s21, s30, s31 float32) {
	p, q := 0, 0
	for range n {
		u, v := b[q], b[q+bNext]
		s00 += a[p] * u
		s01 += a[p] * v
		s10 += a[p+aNext] * u
		s11 += a[p+aNext] * v
		s20 += a[p+2*aNext] * u
		s21 += a[p+2*aNext] * v
		s30 += a[p+3*aNext] * u
		s31 += a[p+3*aNext] * v
		p += aStep
		q += bStep
	}
	return
}

// tile1x4 adds to row i and columns j to j+3 of c.
func tile1x4(c, a, b matrix, i, j int) {
	a0 := a.data[i*a.down:]
	b0, b1, b2, b3 := b.data[j*b.right:], b.data[(j+1)*b.right:], b.data[(j+2)*b.right:], b.data[(j+3)*b.right:]
	var s0, s1, s2, s3 float32
	p, q := 0, 0
	for range a.cols {
		v := a0[p]
		s0 += v * b0[q]
		s1 += v * b1[q]
		s2 += v * b2[q]
		s3 += v * b3[q]
		p += a.right
		q += b.down
	}
	at := i*c.down + j*c.right
	for _, s := range [...]float32{s0, s1, s2, s3} {
		c.data[at] += s
		at += c.right
	}
}

// tile1x1 adds to c[i,j].
func tile1x1(c, a, b matrix, i, j int) {
	row, col := a.data[i*a.down:], b.data[j*b.right:]
	var s float32
	p, q := 0, 0
	for range a.cols {
		s += row[p] * col[q]
		p += a.right
		q += b.down
	}
	c.data[i*c.down+j*c.right] += s
}
