package kernels

// Depthwise is the sizes of a depthwise convolution: windows on each channel separately, as
// in pooling, and M filters per channel. GapH and GapW are as in [Conv].
type Depthwise struct {
	Pool
	M          int
	GapH, GapW int
}

// NewDepthwise returns the sizes of a depthwise convolution, as [NewDilatedConv] does.
func NewDepthwise(n, h, w, c, m, kh, kw, sh, sw, dh, dw int, same bool) Depthwise {
	s := Depthwise{NewPool(n, h, w, c, span(kh, dh-1), span(kw, dw-1), sh, sw, same), m, dh - 1, dw - 1}
	s.KH, s.KW = kh, kw
	return s
}

// DepthwiseConv2D computes, with b [C*M] or nil for zeros and w [KH,KW,C,M],
//
//	out[n,oh,ow,c·M+m] = b[c·M+m] + Σkh,kw x[n, oh·SH-Top+kh·(GapH+1), ow·SW-Left+kw·(GapW+1), c]·w[kh,kw,c,m]
//
// where x is zero outside the image.
func DepthwiseConv2D(out, x, w, b []float32, s Depthwise) {
	s.check("DepthwiseConv2D", x, w, out)
	if b != nil {
		need("DepthwiseConv2D", "bias", b, s.C, s.M)
	}
	depthwiseConv2DLoop.run(s.N*s.OH, depthwiseConv2DArgs{x, w, b, out, s})
}

// DepthwiseConv2DGradX computes the gradient of [DepthwiseConv2D] for x from that
// for its output.
func DepthwiseConv2DGradX(dx, dy, w []float32, s Depthwise) {
	s.check("DepthwiseConv2DGradX", dx, w, dy)
	depthwiseConv2DGradXLoop.run(s.N, depthwiseConv2DArgs{x: dx, w: w, y: dy, s: s})
}

// DepthwiseConv2DGradW computes the gradient of [DepthwiseConv2D] for w from that
// for its output. The gradient for b is [SumRows] of dy as [N*OH*OW,C*M].
func DepthwiseConv2DGradW(dw, x, dy []float32, s Depthwise) {
	s.check("DepthwiseConv2DGradW", x, dw, dy)
	depthwiseConv2DGradWLoop.run(s.KH*s.KW, depthwiseConv2DArgs{x: x, w: dw, y: dy, s: s})
}

func (s Depthwise) check(kernel string, x, w, y []float32) {
	windows := s.Pool
	windows.KH, windows.KW = span(s.KH, s.GapH), span(s.KW, s.GapW)
	windows.checkWindows(kernel)
	need(kernel, "image", x, s.N, s.H, s.W, s.C)
	need(kernel, "filters", w, s.KH, s.KW, s.C, s.M)
	need(kernel, "output", y, s.N, s.OH, s.OW, s.C, s.M)
}

// taps returns the rows and columns of filters, as far as they lie inside the image for
// a pixel of the output.
func (s *Depthwise) taps(oh, ow int) (kh0, kh1, kw0, kw1 int) {
	kh0, kh1 = inside(oh*s.SH-s.Top, s.KH, s.GapH, s.H)
	kw0, kw1 = inside(ow*s.SW-s.Left, s.KW, s.GapW, s.W)
	return kh0, kh1, kw0, kw1
}

// pixel returns where in the image a tap of the filters lies.
func (s *Depthwise) pixel(oh, ow, kh, kw int) (ih, iw int) {
	return oh*s.SH - s.Top + kh*(s.GapH+1), ow*s.SW - s.Left + kw*(s.GapW+1)
}

// depthwiseConv2DArgs is the values of a convolution, or the gradients for them.
type depthwiseConv2DArgs struct {
	x, w, b, y []float32
	s          Depthwise
}

// pixel returns the channels of a pixel of x, filters those of the filters at a position of
// the window, output those of the output.
func (a *depthwiseConv2DArgs) pixel(n, ih, iw int) []float32 {
	return a.x[((n*a.s.H+ih)*a.s.W+iw)*a.s.C:][:a.s.C]
}

func (a *depthwiseConv2DArgs) filters(kh, kw int) []float32 {
	return a.w[(kh*a.s.KW+kw)*a.s.C*a.s.M:][:a.s.C*a.s.M]
}

func (a *depthwiseConv2DArgs) output(n, oh, ow int) []float32 {
	return a.y[((n*a.s.OH+oh)*a.s.OW+ow)*a.s.C*a.s.M:][:a.s.C*a.s.M]
}

// One part is one row of output pixels.
var depthwiseConv2DLoop = newLoop(func(a *depthwiseConv2DArgs, part int) {
	s := &a.s
	n, oh := part/s.OH, part%s.OH
	for ow := range s.OW {
		out := a.output(n, oh, ow)
		if clear(out); a.b != nil {
			copy(out, a.b)
		}
		kh0, kh1, kw0, kw1 := s.taps(oh, ow)
		for kh := kh0; kh < kh1; kh++ {
			for kw := kw0; kw < kw1; kw++ {
				ih, iw := s.pixel(oh, ow, kh, kw)
				mulAddChannels(out, a.pixel(n, ih, iw), a.filters(kh, kw))
			}
		}
	}
})

// mulAddChannels adds x times w to out; out and w have the same number of values for each
// channel of x.
func mulAddChannels(out, x, w []float32) {
	if len(x) == len(out) {
		w = w[:len(out)]
		for c, v := range x {
			out[c] += float32(v * w[c])
		}
		return
	}
	m := len(out) / len(x)
	for c, v := range x {
		w := w[c*m:][:m]
		for i := range out[c*m:][:m] {
			out[c*m+i] += float32(v * w[i])
		}
	}
}

// sumProducts adds dy times w to dx; dy and w have the same number of values for each
// channel of dx.
func sumProducts(dx, dy, w []float32) {
	if len(dx) == len(dy) {
		mulAddChannels(dx, dy, w)
		return
	}
	m := len(dy) / len(dx)
	for c := range dx {
		w := w[c*m:][:m]
		for i, v := range dy[c*m:][:m] {
			dx[c] += float32(v * w[i])
		}
	}
}

// One part is one image.
var depthwiseConv2DGradXLoop = newLoop(func(a *depthwiseConv2DArgs, n int) {
	s := &a.s
	clear(a.x[n*s.H*s.W*s.C:][:s.H*s.W*s.C])
	for oh := range s.OH {
		for ow := range s.OW {
			dy := a.output(n, oh, ow)
			kh0, kh1, kw0, kw1 := s.taps(oh, ow)
			for kh := kh0; kh < kh1; kh++ {
				for kw := kw0; kw < kw1; kw++ {
					ih, iw := s.pixel(oh, ow, kh, kw)
					sumProducts(a.pixel(n, ih, iw), dy, a.filters(kh, kw))
				}
			}
		}
	}
})

// One part is one position of the window, over the whole batch: first summed within each
// image.
var depthwiseConv2DGradWLoop = newLoop(func(a *depthwiseConv2DArgs, part int) {
	s := &a.s
	kh, kw := part/s.KW, part%s.KW
	dw, sums := a.filters(kh, kw), takeScratch(s.C*s.M)
	clear(dw)
	for n := range s.N {
		clear(sums)
		for oh := range s.OH {
			for ow := range s.OW {
				ih, iw := s.pixel(oh, ow, kh, kw)
				if ih >= 0 && ih < s.H && iw >= 0 && iw < s.W {
					mulAddChannels(sums, a.pixel(n, ih, iw), a.output(n, oh, ow))
				}
			}
		}
		for i, v := range sums {
			dw[i] += v
		}
	}
	giveScratch(sums)
})
