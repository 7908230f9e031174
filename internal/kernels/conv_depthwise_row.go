package kernels

// A depthwiseRow is the inner loops of depthwise convolutions, over pixels p, taps (i,j) and
// channels c:
//
//	y[p·yStep + c] = b[c] + Σi,j x[p·xStep + i·xRow + j·xTap + c]·w[wAt + i·wRow + j·wTap + c]
//
// and, for the gradient for w, which is added to w,
//
//	w[wAt + i·wRow + j·wTap + c] += Σp x[p·xStep + i·xRow + j·xTap + c]·y[p·yStep + c]
//
// with sums in the order of i, j and p. Steps are in bytes.
type depthwiseRow struct {
	x, w, b, y       []float32 // b may be nil, for zeros
	wAt              int
	pixels, channels int
	kh, kw           int
	xStep, yStep     int
	xTap, wTap       int
	xSkip, wSkip     int // from the end of a row of taps to the next row: xRow - kw·xTap
}

// A depthwiseLine is a row of results of a depthwise convolution.
type depthwiseLine struct {
	row        depthwiseRow
	kernel     func(r *depthwiseRow)
	x          []float32 // from the first row on that the results depend on
	taps       int       // of a row of the filters
	tapWidth   int       // their distance
	wAt        int       // the first tap in the first row of the filters
	xRow, wRow int
}

// rows sets the rows that the results depend on, of the given number of pixels.
func (l *depthwiseLine) rows(r depthwiseRun, width int) {
	l.row.kh = r.taps
	l.wAt = r.tap * l.taps * l.tapWidth
	l.xRow = r.fromStep * width * l.row.channels
	l.wRow = r.tapStep * l.taps * l.tapWidth
}

// cols returns some columns of the line, and reports whether they have taps.
func (l *depthwiseLine) cols(r depthwiseRun) (row depthwiseRow, some bool) {
	row = l.row
	c := row.channels
	row.y = row.y[r.at*c:]
	row.pixels, row.kw = r.count, r.taps
	row.yStep = r.step * c * float
	if row.kh == 0 || row.kw == 0 || c == 0 {
		return row, false
	}
	row.x = l.x[r.from*c:]
	row.wAt = l.wAt + r.tap*l.tapWidth
	row.xStep = r.stride * c * float
	row.xTap, row.wTap = r.fromStep*c*float, r.tapStep*l.tapWidth*float
	row.xSkip, row.wSkip = l.xRow*float-row.kw*row.xTap, l.wRow*float-row.kw*row.wTap
	return row, true
}

// compute computes some pixels of the row.
func (l *depthwiseLine) compute(run depthwiseRun) {
	r, some := l.cols(run)
	if !some {
		for p := range r.pixels {
			y := r.y[p*r.yStep/float:][:r.channels]
			if clear(y); r.b != nil {
				copy(y, r.b)
			}
		}
		return
	}
	last := r.pixels % depthwiseTile
	if r.pixels < depthwiseTile || last < 2 {
		l.kernel(noescape(&r))
		return
	}
	// The last pixels are computed in a whole tile, some of them a second time.
	if r.pixels > depthwiseTile {
		tiles := r
		tiles.pixels -= last
		l.kernel(noescape(&tiles))
	}
	at := r.pixels - depthwiseTile
	r.x, r.y = r.x[at*r.xStep/float:], r.y[at*r.yStep/float:]
	r.pixels = depthwiseTile
	l.kernel(noescape(&r))
}

// depthwiseTile is the number of pixels that kernels in assembly process together.
const depthwiseTile = 4

// addProducts adds the gradient for the filters from some pixels of the row.
func (l *depthwiseLine) addProducts(run depthwiseRun) {
	if r, some := l.cols(run); some {
		current().depthwiseGrad(noescape(&r))
	}
}

func depthwiseGeneric(r *depthwiseRow) {
	for p := range r.pixels {
		y := r.y[p*r.yStep/float:][:r.channels]
		if clear(y); r.b != nil {
			copy(y, r.b)
		}
		r.each(p, func(x, w []float32) {
			for c, v := range x {
				y[c] += float32(v * w[c])
			}
		})
	}
}

func depthwiseGradGeneric(r *depthwiseRow) {
	for p := range r.pixels {
		y := r.y[p*r.yStep/float:][:r.channels]
		r.each(p, func(x, w []float32) {
			for c, v := range x {
				w[c] += float32(v * y[c])
			}
		})
	}
}

// each calls do with the channels at each tap of a pixel.
func (r *depthwiseRow) each(p int, do func(x, w []float32)) {
	x, w := p*r.xStep, r.wAt*float
	for range r.kh {
		for range r.kw {
			do(r.x[x/float:][:r.channels], r.w[w/float:][:r.channels])
			x, w = x+r.xTap, w+r.wTap
		}
		x, w = x+r.xSkip, w+r.wSkip
	}
}
