//go:build !purego

package kernels

// warpRow is what a row of the output has in common: the columns and rows it reads
// are steps·ox + base + shift. Only the first two values of each count.
type warpRow struct {
	steps, base, shift [4]float32
	limit              [4]float32 // v of pixels that are all inside are from 0 up to this
	strides            [4]int32   // bytes from column to column and from row to row
}

// warpRowAVX2 interpolates pixels of three channels at columns from to to of a row
// of the output, and returns the first that it cannot do since not all it needs is
// inside x, else to.
//
//go:noescape
func warpRowAVX2(out, x *float32, from, to int, r *warpRow) (done int)

// rowFast writes pixels of row oy from column ox on to out, which begins at column 0,
// and returns the column of the first that is left to do.
func (s *Warp) rowFast(out, x []float32, m *[6]float32, ox, oy int) int {
	if s.C != 3 || s.Nearest || !has(avx2) {
		return ox
	}
	fy := float32(oy)
	r := warpRow{
		steps:   [4]float32{m[0], m[3]},
		base:    [4]float32{m[1] * fy, m[4] * fy},
		shift:   [4]float32{m[2], m[5]},
		limit:   [4]float32{float32(s.W - 1), float32(s.H - 1), 1, 1},
		strides: [4]int32{3 * float, int32(s.W * 3 * float)},
	}
	return warpRowAVX2(&out[0], &x[0], ox, s.OW, &r)
}
