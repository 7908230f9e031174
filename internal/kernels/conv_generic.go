package kernels

type conv2DArgs struct {
	out, x, w, b []float32
	s            Conv
}

// One part is one row of output pixels. For that and one row of the filters the
// convolution is a product of two matrices, [OW,KW*C] and [KW*C,F]: the first
// holds the windows, which overlap in the image row.
var conv2DLoop = newLoop(func(a *conv2DArgs, part int) {
	s := &a.s
	n, oh := part/s.OH, part%s.OH
	out := s.outputRow(a.out, n, oh)
	fillRows(rowMajor(out, s.OW, s.F, s.F), a.b)
	kh0, kh1 := inside(oh*s.SH-s.Top, s.KH, s.H)
	for kh := kh0; kh < kh1; kh++ {
		x := s.imageRow(a.x, n, oh*s.SH-s.Top+kh)
		w := s.kernelRow(a.w, kh)
		for ow := 0; ow < s.OW; {
			pixels, at, from, to := s.windows(ow)
			mulAdd(
				rowMajor(out[ow*s.F:], pixels, s.F, s.F),
				rowMajor(x[at:], pixels, to-from, s.SW*s.C),
				rowMajor(w[from*s.F:], to-from, s.F, s.F))
			ow += pixels
		}
	}
	if s.ReLU {
		reluGeneric(out, out)
	}
})

type conv2DGradXArgs struct {
	dx, dy, w []float32
	s         Conv
}

// One part is one row of image pixels: the rows of the output that saw it are
// added up here, so that parts do not write to each other's rows.
var conv2DGradXLoop = newLoop(func(a *conv2DGradXArgs, part int) {
	s := &a.s
	n, ih := part/s.H, part%s.H
	dx := s.imageRow(a.dx, n, ih)
	clear(dx)
	for kh := range s.KH {
		oh := (ih + s.Top - kh) / s.SH
		if oh*s.SH != ih+s.Top-kh || oh < 0 || oh >= s.OH {
			continue
		}
		dy := s.outputRow(a.dy, n, oh)
		w := s.kernelRow(a.w, kh)
		for ow := 0; ow < s.OW; {
			pixels, at, from, to := s.windows(ow)
			mulAdd(
				rowMajor(dx[at:], pixels, to-from, s.SW*s.C),
				rowMajor(dy[ow*s.F:], pixels, s.F, s.F),
				rowMajor(w[from*s.F:], to-from, s.F, s.F).transposed())
			ow += pixels
		}
	}
})

type conv2DGradWArgs struct {
	dw, x, dy []float32
	s         Conv
}

const gradTaps = 8

// One part is gradTaps taps of one row of the filters, over the whole batch, so
// that no sums over parts are needed.
var conv2DGradWLoop = newLoop(func(a *conv2DGradWArgs, part int) {
	s := &a.s
	perRow := blocks(s.taps(), gradTaps)
	kh := part / perRow
	first, end := block(part%perRow, s.taps(), gradTaps)
	dw := s.kernelRow(a.dw, kh)[first*s.F : end*s.F]
	clear(dw)
	for row := range s.N * s.OH {
		n, oh := row/s.OH, row%s.OH
		ih := oh*s.SH - s.Top + kh
		if ih < 0 || ih >= s.H {
			continue
		}
		x := s.imageRow(a.x, n, ih)
		dy := s.outputRow(a.dy, n, oh)
		for ow := 0; ow < s.OW; {
			pixels, at, from, to := s.windows(ow)
			if lo, hi := max(from, first), min(to, end); lo < hi {
				mulAdd(
					rowMajor(dw[(lo-first)*s.F:], hi-lo, s.F, s.F),
					rowMajor(x[at+lo-from:], pixels, hi-lo, s.SW*s.C).transposed(),
					rowMajor(dy[ow*s.F:], pixels, s.F, s.F))
			}
			ow += pixels
		}
	}
})
