package kernels

// Conv2D computes, with b [F] or nil for zeros,
//
//	out[n,oh,ow,f] = b[f] + Σkh,kw,c x[n, oh·SH-Top+kh, ow·SW-Left+kw, c]·w[kh,kw,c,f]
//
// where x is zero outside the image. For one row of output pixels and one row
// of the filters that is a product of two matrices, [OW,KW*C] and [KW*C,F]: the
// first holds the windows, which overlap in the image row.
func Conv2D(out, x, w, b []float32, s Conv) {
	s.check("Conv2D", x, w, out)
	if b != nil {
		need("Conv2D", "bias", b, s.F)
	}
	conv2DLoop.run(s.N*s.OH, conv2DArgs{out, x, w, b, s})
}

type conv2DArgs struct {
	out, x, w, b []float32
	s            Conv
}

// One part is one row of output pixels.
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
})

// Conv2DGradX computes the gradient of [Conv2D] for x from that for its output,
//
//	dx[n,ih,iw,c] = Σkh,kw,f dy[n,oh,ow,f]·w[kh,kw,c,f]
//
// over the kh and kw for which oh·SH-Top+kh = ih and ow·SW-Left+kw = iw have
// whole solutions oh and ow inside the output.
func Conv2DGradX(dx, dy, w []float32, s Conv) {
	s.check("Conv2DGradX", dx, w, dy)
	conv2DGradXLoop.run(s.N*s.H, conv2DGradXArgs{dx, dy, w, s})
}

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

// Conv2DGradW computes the gradient of [Conv2D] for w from that for its output,
//
//	dw[kh,kw,c,f] = Σn,oh,ow x[n, oh·SH-Top+kh, ow·SW-Left+kw, c]·dy[n,oh,ow,f]
//
// The gradient for b is [SumRows] of dy as [N*OH*OW,F].
func Conv2DGradW(dw, x, dy []float32, s Conv) {
	s.check("Conv2DGradW", x, dw, dy)
	conv2DGradWLoop.run(s.KH*blocks(s.taps(), gradTaps), conv2DGradWArgs{dw, x, dy, s})
}

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
