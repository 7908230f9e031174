package kernels

// A poolRow is one row of output pixels whose windows are inside the image and do not
// overlap, in the form for kernels in assembly. Strides are in bytes.
type poolRow struct {
	x, y, dx, dy     *float32
	pixels, channels int
	kh, kw           int
	pixel, row       int // distance of pixels and of rows of the image
	step             int // distance of windows
}

// simple reports whether the rows of a pooling have the form of poolRow.
func (s *Pool) simple() bool {
	return s.Top == 0 && s.Left == 0 && s.KH <= s.SH && s.KW <= s.SW && s.OW > 0 && s.C > 0 &&
		(s.OH-1)*s.SH+s.KH <= s.H && (s.OW-1)*s.SW+s.KW <= s.W
}

// rowOf returns row oh of image n, for part n*OH+oh, and its offset.
func (s *Pool) rowOf(part int) (p poolRow, x, y int) {
	n, oh := part/s.OH, part%s.OH
	p = poolRow{pixels: s.OW, channels: s.C, kh: s.KH, kw: s.KW,
		pixel: s.C * float, row: s.W * s.C * float, step: s.SW * s.C * float}
	return p, (n*s.H + oh*s.SH) * s.W * s.C, part * s.OW * s.C
}

// maxRow computes one row of the output of [MaxPool2D], or returns false.
func (s *Pool) maxRow(out, x []float32, part int) bool {
	kernel := current().maxPoolRow
	if kernel == nil || !s.simple() {
		return false
	}
	p, atX, atY := s.rowOf(part)
	p.x, p.y = &x[atX], &out[atY]
	kernel(noescape(&p))
	return true
}

// maxGradRows computes one image of the result of [MaxPool2DGrad], or returns false, also
// if y is not the maximum of x.
func (s *Pool) maxGradRows(dx, x, y, dy []float32, n int) bool {
	kernel := current().maxPoolGradRow
	if kernel == nil || !s.simple() {
		return false
	}
	clear(dx[n*s.H*s.W*s.C:][:s.H*s.W*s.C])
	for part := n * s.OH; part < (n+1)*s.OH; part++ {
		p, atX, atY := s.rowOf(part)
		p.x, p.y, p.dx, p.dy = &x[atX], &y[atY], &dx[atX], &dy[atY]
		if missing := kernel(noescape(&p)); missing != 0 {
			return false
		}
	}
	return true
}
