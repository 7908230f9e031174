package kernels

// Conv2D computes, with b [F] or nil for zeros,
//
//	out[n,oh,ow,f] = b[f] + Σkh,kw,c x[n, oh·SH-Top+kh, ow·SW-Left+kw, c]·w[kh,kw,c,f]
//
// where x is zero outside the image; with s.ReLU, 0 where that is negative.
func Conv2D(out, x, w, b []float32, s Conv) {
	s.check("Conv2D", x, w, out)
	if b != nil {
		need("Conv2D", "bias", b, s.F)
	}
	if m := s.joinedGroups(); m > 1 {
		w = s.joinGroups(w, m)
		defer giveScratch(w)
	}
	switch {
	case s.few():
		convFew(out, x, w, b, s)
	case s.winograd():
		winogradConv(out, x, w, b, s, false)
	default:
		gatherImages(out, x, w, b, s)
	}
}

// Conv2DGradX computes the gradient of [Conv2D] for x from that for its output,
//
//	dx[n,ih,iw,c] = Σkh,kw,f dy[n,oh,ow,f]·w[kh,kw,c,f]
//
// over the kh and kw for which oh·SH-Top+kh = ih and ow·SW-Left+kw = iw have integer
// solutions oh and ow inside the output.
func Conv2DGradX(dx, dy, w []float32, s Conv) {
	s.check("Conv2DGradX", dx, w, dy)
	if m := s.joinedGroups(); m > 1 {
		w = s.joinGroups(w, m)
		defer giveScratch(w)
	}
	if r := s.reversed(); r.winograd() {
		winogradConv(dx, dy, w, nil, r, true)
	} else {
		gatherGrads(dx, dy, w, s)
	}
}

// Conv2DGradW computes the gradient of [Conv2D] for w from that for its output,
//
//	dw[kh,kw,c,f] = Σn,oh,ow x[n, oh·SH-Top+kh, ow·SW-Left+kw, c]·dy[n,oh,ow,f]
//
// The gradient for b is [SumRows] of dy as [N*OH*OW,F].
func Conv2DGradW(dw, x, dy []float32, s Conv) {
	s.check("Conv2DGradW", x, dw, dy)
	switch {
	case s.winogradGradW():
		winogradGradW(dw, x, dy, s)
	case s.pointwiseGradW():
		pixelGradW(dw, x, dy, s)
	default:
		gradWTiles(dw, x, dy, s)
	}
}
