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

// Inside returns the sizes of the same convolution of images to which the padding has not been
// added, or false if a window would lie in the padding alone.
func (s Depthwise) Inside(p Padding) (Depthwise, bool) {
	s.H, s.W = p.H, p.W
	s.Top, s.Left = s.Top+p.Top, s.Left+p.Left
	return s, touches(s.OH, span(s.KH, s.GapH), s.SH, s.Top, s.H) && touches(s.OW, span(s.KW, s.GapW), s.SW, s.Left, s.W)
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
		b = b[:s.C*s.M]
	}
	w = s.spread(w)
	a := depthwiseArgs{x: x, w: w, b: b, y: out, s: s}
	a.keep(depthwiseAxis.window, 1, s.OW)
	depthwiseConv2DLoop.run(s.N*s.OH, a)
	giveScratch(w)
}

// DepthwiseConv2DGradX computes the gradient of [DepthwiseConv2D] for x from that
// for its output.
func DepthwiseConv2DGradX(dx, dy, w []float32, s Depthwise) {
	s.check("DepthwiseConv2DGradX", dx, w, dy)
	w = s.spread(w)
	a := depthwiseArgs{x: dx, w: w, y: dy, s: s}
	a.keep(depthwiseAxis.source, s.SW, s.W)
	depthwiseConv2DGradXLoop.run(s.N*s.H, a)
	giveScratch(w)
}

// DepthwiseConv2DGradW computes the gradient of [DepthwiseConv2D] for w from that
// for its output. The gradient for b is [SumRows] of dy as [N*OH*OW,C*M].
func DepthwiseConv2DGradW(dw, x, dy []float32, s Depthwise) {
	s.check("DepthwiseConv2DGradW", x, dw, dy)
	rows := max(blocks(s.N*s.OH, depthwiseParts), blocks(depthwisePixels, max(1, s.OW)))
	parts := blocks(s.N*s.OH, rows)
	size := s.KH * s.KW * s.tapWidth()
	sums := takeScratch((parts + 1) * size)
	a := depthwiseArgs{x: x, w: sums[size:], y: dy, s: s, rows: rows}
	a.keep(depthwiseAxis.window, 1, s.OW)
	depthwiseConv2DGradWLoop.run(parts, a)
	addFewRows(sums[:size], sums[size:])
	for tap := range s.KH * s.KW {
		copy(dw[tap*s.C*s.M:][:s.C*s.M], sums[tap*s.tapWidth():])
	}
	giveScratch(sums)
}

// tapWidth is the distance of taps in memory while a kernel runs: an odd number of cache
// lines, so that the same channel of different taps does not compete for the same lines.
func (s *Depthwise) tapWidth() int { return (blocks(s.C*s.M, cacheLine) | 1) * cacheLine }

const cacheLine = 16 // values

// spread returns the filters with taps tapWidth apart, in scratch memory.
func (s *Depthwise) spread(w []float32) []float32 {
	spread := takeScratch(s.KH * s.KW * s.tapWidth())
	for tap := range s.KH * s.KW {
		copy(spread[tap*s.tapWidth():], w[tap*s.C*s.M:][:s.C*s.M])
	}
	return spread
}

// depthwiseParts is the largest number of partial sums of a gradient for filters, and
// depthwisePixels the least number of pixels of one.
const (
	depthwiseParts  = 16
	depthwisePixels = 64
)

func (s Depthwise) check(kernel string, x, w, y []float32) {
	windows := s.Pool
	windows.KH, windows.KW = span(s.KH, s.GapH), span(s.KW, s.GapW)
	windows.checkWindows(kernel)
	need(kernel, "image", x, s.N, s.H, s.W, s.C)
	need(kernel, "filters", w, s.KH, s.KW, s.C, s.M)
	need(kernel, "output", y, s.N, s.OH, s.OW, s.C, s.M)
}

// depthwiseArgs is the values of a convolution, or the gradients for them, with taps of
// filters tapWidth apart.
type depthwiseArgs struct {
	x, w, b, y []float32
	s          Depthwise
	rows       int              // of the output, in one partial sum of the gradient for w
	kept       [12]depthwiseRun // the first known runs along a row
	known      int
}

// keep computes the runs of a row, which are the same for all rows: of runs a step apart up to
// end. If there are more than it has room for, column computes the others.
func (a *depthwiseArgs) keep(of func(depthwiseAxis, int) depthwiseRun, step, end int) {
	for first := range min(step, end) {
		for at := first; at < end && a.known < len(a.kept); a.known++ {
			a.kept[a.known] = of(a.s.colAxis(), at)
			at += a.kept[a.known].count * step
		}
	}
}

// column is the i-th run of a row, which begins at a position.
func (a *depthwiseArgs) column(of func(depthwiseAxis, int) depthwiseRun, i, at int) depthwiseRun {
	if i < a.known {
		return a.kept[i]
	}
	return of(a.s.colAxis(), at)
}

// One part is one row of the output.
var depthwiseConv2DLoop = newLoop(func(a *depthwiseArgs, part int) {
	s := &a.s
	window := s.rowAxis().window(part % s.OH)
	l, scratch := a.line(part/s.OH, window)
	l.row.b, l.kernel = a.b, depthwiseKernel(a.y, l.row.channels)
	l.row.y = a.y[part*s.OW*l.row.channels:]
	for i, ow := 0, 0; ow < s.OW; i++ {
		run := a.column(depthwiseAxis.window, i, ow)
		l.compute(run)
		ow += run.count
	}
	giveScratch(scratch)
})

// One part is one row of the image. Pixels that lie a stride apart have the same taps.
var depthwiseConv2DGradXLoop = newLoop(func(a *depthwiseArgs, part int) {
	s := &a.s
	width := s.C * s.M
	source := s.rowAxis().source(part % s.H)
	row := a.y[(part/s.H*s.OH+source.from)*s.OW*width:]
	l := depthwiseLine{taps: s.KW, tapWidth: s.tapWidth(), x: row, row: depthwiseRow{w: a.w, channels: width}}
	l.rows(source, s.OW)
	dx := a.x[part*s.W*s.C:][:s.W*s.C]
	l.row.y, l.kernel = dx, depthwiseKernel(a.x, width)
	if s.M > 1 {
		l.row.y, l.kernel = takeScratch(s.W*width), current().depthwise
	}
	i := 0
	for first := range min(s.SW, s.W) {
		for iw := first; iw < s.W; i++ {
			run := a.column(depthwiseAxis.source, i, iw)
			l.compute(run)
			iw += run.count * s.SW
		}
	}
	if s.M > 1 {
		sumGroups(dx, l.row.y, s.M)
		giveScratch(l.row.y)
	}
})

// depthwiseKernel returns the function that writes to out, whose pixels have so many channels.
func depthwiseKernel(out []float32, channels int) func(r *depthwiseRow) {
	if streams(out, channels) {
		return writing(out).depthwise
	}
	return current().depthwise
}

// One part is some rows of the output. The sums are taken first within each image.
var depthwiseConv2DGradWLoop = newLoop(func(a *depthwiseArgs, part int) {
	s := &a.s
	size := s.KH * s.KW * s.tapWidth()
	total := a.w[part*size:][:size]
	image, scratch := total, []float32(nil)
	clear(image)
	from, to := block(part, s.N*s.OH, a.rows)
	for row := from; row < to; row++ {
		l, copies := a.line(row/s.OH, s.rowAxis().window(row%s.OH))
		l.row.y, l.row.w = a.y[row*s.OW*l.row.channels:], image
		for i, ow := 0, 0; ow < s.OW; i++ {
			run := a.column(depthwiseAxis.window, i, ow)
			l.addProducts(run)
			ow += run.count
		}
		giveScratch(copies)
		if row%s.OH < s.OH-1 && row < to-1 {
			continue
		}
		if scratch == nil { // the first image
			if row == to-1 {
				return
			}
			scratch = takeScratch(size)
			image = scratch
		} else {
			for i, v := range image {
				total[i] += v
			}
		}
		clear(image)
	}
	giveScratch(scratch)
})

// line returns the rows of an image that a row of the output is computed from. If there are
// several filters per channel, the line has a copy of these rows, in scratch memory, with as
// many copies of each channel.
func (a *depthwiseArgs) line(n int, window depthwiseRun) (l depthwiseLine, scratch []float32) {
	s := &a.s
	l = depthwiseLine{taps: s.KW, tapWidth: s.tapWidth(), row: depthwiseRow{w: a.w, channels: s.C * s.M}}
	x := a.x[(n*s.H+window.from)*s.W*s.C:]
	if s.M == 1 {
		l.x = x
		l.rows(window, s.W)
		return l, nil
	}
	size := s.W * s.C
	scratch = takeScratch(window.taps * size * s.M)
	for i := range window.taps {
		repeatEach(scratch[i*size*s.M:][:size*s.M], x[i*window.fromStep*size:], s.M)
	}
	l.x = scratch
	window.fromStep = 1
	l.rows(window, s.W)
	return l, scratch
}

// repeatEach sets out to m copies of each value of x.
func repeatEach(out, x []float32, m int) {
	for i := range len(out) / m {
		for j := range m {
			out[i*m+j] = x[i]
		}
	}
}

// sumGroups sets each value of out to the sum of m values of x.
func sumGroups(out, x []float32, m int) {
	for i := range out {
		sum := float32(0)
		for _, v := range x[i*m:][:m] {
			sum += v
		}
		out[i] = sum
	}
}
