package kernels

// A poolRow is a run of output pixels of one row whose windows have the same size, in the
// form for kernels in assembly. Strides are in bytes.
type poolRow struct {
	x, y, dx, dy     *float32
	pixels, channels int
	kh, kw           int
	pixel, row       int // distance of pixels and of rows of the image
	step             int // distance of windows
}

// run returns the run that begins at output pixel ow of row part, n*OH+oh, the offset of its
// first window and that of its first pixel.
func (s *Pool) run(part, ow int) (p poolRow, x, y int) {
	n, oh := part/s.OH, part%s.OH
	top, bottom, left, right := s.cells(oh, ow)
	p = poolRow{pixels: 1, channels: s.C, kh: bottom - top, kw: right - left,
		pixel: s.C * float, row: s.W * s.C * float, step: s.SW * s.C * float}
	if p.kw == s.KW { // the windows up to the last that is inside
		p.pixels = max(1, min(s.OW, (s.W-s.KW+s.Left)/s.SW+1)-ow)
	}
	return p, ((n*s.H+top)*s.W + left) * s.C, (part*s.OW + ow) * s.C
}

// maxRow computes one row of the output of [MaxPool2D], or returns false.
func (s *Pool) maxRow(out, x []float32, part int) bool {
	kernel := current().maxPoolRow
	if kernel == nil || s.C == 0 {
		return false
	}
	for ow := 0; ow < s.OW; {
		p, atX, atY := s.run(part, ow)
		p.x, p.y = &x[atX], &out[atY]
		kernel(noescape(&p))
		ow += p.pixels
	}
	return true
}

// maxGradRows computes one image of the result of [MaxPool2DGrad], or returns false, also
// if y is not the maximum of x.
func (s *Pool) maxGradRows(dx, x, y, dy []float32, n int) bool {
	kernel := current().maxPoolGradRow
	if s.KH > s.SH || s.KW > s.SW { // windows overlap
		kernel = current().maxPoolGradAddRow
	}
	if kernel == nil || s.C == 0 {
		return false
	}
	clear(dx[n*s.H*s.W*s.C:][:s.H*s.W*s.C])
	for part := n * s.OH; part < (n+1)*s.OH; part++ {
		for ow := 0; ow < s.OW; {
			p, atX, atY := s.run(part, ow)
			p.x, p.y, p.dx, p.dy = &x[atX], &y[atY], &dx[atX], &dy[atY]
			if missing := kernel(noescape(&p)); missing != 0 {
				return false
			}
			ow += p.pixels
		}
	}
	return true
}
