package kernels

// A gather is a convolution by output pixel: each pixel is the sum over the taps of its
// window that are inside the image,
//
//	out[n,oh,ow,f] = b[f] + Σkh,kw,c x[n, oh·SH-Top+kh, ow·SW-Left+kw, c]·w[kh,kw,c,f]
//
// Both the forward pass and, for each phase of the strides, the gradient for the
// image are of this form. The embedded sizes are those of the sum, N images of
// [H,W,C] and outputs of [OH,OW,F], all of one group; Top and Left may be negative, KH,
// KW, OH and OW may be 0. Pixels of the image lie xPixel values apart, those of the
// output outPixel, and so on.
type gather struct {
	Conv
	out, x, w, b                []float32 // w is packed, one group after the other; b nil for zeros
	xPixel                      int
	outImage, outRow, outPixel  int
	wGroup, groupCount          int // values of w of a group
	images, rows, panels        int // sizes of one part
	imageParts, rowParts, parts int // parts of one group
}

// gatherImages is [Conv2D] by tiles.
func gatherImages(out, x, w, b []float32, s Conv) {
	groups, one := s.groups(), s.ofGroup()
	taps := one.KH * one.taps()
	width := min(panel, one.F)
	size := taps * blocks(one.F, panel) * width
	packed := takeScratch(groups * size)
	packLoop.run(groups*blocks(taps, packRows), packArgs{packed: packed, w: w, s: one, wRow: s.F, width: width, size: size})
	if s.pointwise() {
		pixelProduct(out, x, packed, b, s.N*s.H*s.W, s.C, s.F, s.ReLU)
		giveScratch(packed)
		return
	}
	g := gather{Conv: one, out: out, x: x, w: packed, b: b, xPixel: s.C, wGroup: size, groupCount: groups,
		outImage: s.OH * s.OW * s.F, outRow: s.OW * s.F, outPixel: s.F}
	g.run()
	giveScratch(packed)
}

// gatherGrads is [Conv2DGradX] by tiles. The pixels (ih,iw) for which ih+Top and iw+Left
// have the same remainders modulo SH and SW use the same taps of the filters, SH and SW
// pixels apart: these pixels are the output of a gather over dy with stride 1 and those
// taps in reverse order.
func gatherGrads(dx, dy, w []float32, s Conv) {
	groups, one := s.groups(), s.ofGroup()
	width := min(panel, one.C)
	size := s.KH * s.KW * one.F * blocks(one.C, panel) * width
	packed := takeScratch(groups * size)
	if s.pointwise() {
		packReversedLoop.run(blocks(s.C, panel), packArgs{packed, w, one, s.F, width, size, 0, 0})
		pixelProduct(dx, dy, packed, nil, s.N*s.H*s.W, s.F, s.C, false)
		giveScratch(packed)
		return
	}
	for ph := range min(s.SH, s.H) {
		kh := (ph + s.Top) % s.SH
		for pw := range min(s.SW, s.W) {
			kw := (pw + s.Left) % s.SW
			g := gather{
				Conv: Conv{
					N: s.N, H: s.OH, W: s.OW, C: one.F, F: one.C, SH: 1, SW: 1,
					KH: blocks(s.KH-kh, s.SH), KW: blocks(s.KW-kw, s.SW),
					OH: blocks(s.H-ph, s.SH), OW: blocks(s.W-pw, s.SW),
					GapH: s.GapH, GapW: s.GapW, // only with a stride of 1
				},
				out: dx[(ph*s.W+pw)*s.C:], x: dy, w: packed, xPixel: s.F, wGroup: size, groupCount: groups,
				outImage: s.H * s.W * s.C, outRow: s.SH * s.W * s.C, outPixel: s.SW * s.C,
			}
			g.KH, g.KW = max(g.KH, 0), max(g.KW, 0)
			g.Top = span(g.KH, s.GapH) - 1 - (ph+s.Top)/s.SH
			g.Left = span(g.KW, s.GapW) - 1 - (pw+s.Left)/s.SW
			packReversedLoop.run(groups*blocks(one.C, panel), packArgs{packed, w, one, s.F, width, size, kh, kw})
			g.run()
		}
	}
	giveScratch(packed)
}

type packArgs struct {
	packed, w []float32
	s         Conv // of one group
	wRow      int  // values from row to row of w, those of all groups
	width     int
	size      int // values packed of a group
	kh, kw    int // first tap of the phase
}

const packRows = 128

// One part is some rows of w as the matrix [KH*KW*C,F] of a group, which go to panels of
// 32 columns, or of all if there are fewer.
var packLoop = newLoop(func(a *packArgs, part int) {
	taps := a.s.KH * a.s.taps()
	group := part / blocks(taps, packRows)
	from, to := block(part%blocks(taps, packRows), taps, packRows)
	packed, w := a.packed[group*a.size:], a.w[group*a.s.F:]
	if a.width < panel {
		for i := from; i < to; i++ {
			copy(packed[i*a.width:][:a.s.F], w[i*a.wRow:])
		}
		return
	}
	toPanels(packed[from*panel:], w[from*a.wRow:], to-from, a.s.F, a.wRow, taps)
})

// One part is one panel: up to 32 columns of the matrix [KH*KW*F,C] of the taps of one
// phase, the last tap first.
var packReversedLoop = newLoop(func(a *packArgs, part int) {
	s := &a.s
	khs, kws := blocks(s.KH-a.kh, s.SH), blocks(s.KW-a.kw, s.SW)
	group := part / blocks(s.C, panel)
	from, to := block(part%blocks(s.C, panel), s.C, panel)
	at, w := group*a.size+from*khs*kws*s.F, a.w[group*s.F:]
	for i := khs - 1; i >= 0; i-- {
		for j := kws - 1; j >= 0; j-- {
			tap := (a.kh+i*s.SH)*s.KW + a.kw + j*s.SW
			transpose(a.packed[at:], w[(tap*s.C+from)*a.wRow:], s.F, to-from, a.width, a.wRow)
			at += s.F * a.width
		}
	}
})

// run divides the work into parts by its sizes.
func (g *gather) run() {
	if g.N == 0 || g.OH == 0 || g.OW == 0 || g.F == 0 {
		return
	}
	if g.batched() {
		g.runBatched()
		return
	}
	const pixels, enough = 128, 16
	g.images = blocks(g.N, blocks(g.N, 48))
	g.imageParts = blocks(g.N, g.images)
	g.rows = min(g.OH, blocks(pixels, g.images*g.OW))
	g.rowParts = blocks(g.OH, g.rows)
	columns := blocks(g.F, panel)
	g.panels = blocks(columns, min(columns, blocks(enough, g.imageParts*g.rowParts)))
	g.parts = g.imageParts * g.rowParts * blocks(columns, g.panels)
	gatherLoop.run(g.groupCount*g.parts, *g)
}

const inCache = 2048 // rows of a panel

// One part is some rows of some images, in some panels of a group. Panels of w are the
// outer loop, and large ones are divided, so that they stay in the cache.
var gatherLoop = newLoop(func(all *gather, part int) {
	g := *all
	group := part / g.parts
	part %= g.parts
	g.x, g.w, g.out = g.x[group*g.C:], g.w[group*g.wGroup:], g.out[group*g.F:]
	if g.b != nil {
		g.b = g.b[group*g.F:]
	}
	oh0, oh1 := block(part%g.rowParts, g.OH, g.rows)
	n0, n1 := block(part/g.rowParts%g.imageParts, g.N, g.images)
	p0, p1 := block(part/g.imageParts/g.rowParts, blocks(g.F, panel), g.panels)
	khs := max(1, inCache/max(1, g.taps()))
	for p := p0; p < p1; p++ {
		for kh := 0; kh == 0 || kh < g.KH; kh += khs {
			for oh := oh0; oh < oh1; oh++ {
				g.row(n0, n1, oh, kh, min(kh+khs, g.KH), p)
			}
		}
	}
})

// row adds the taps of rows [first,end) of the filters to row oh of the output
// of images [n0,n1), in one panel.
func (g *gather) row(n0, n1, oh, first, end, panelAt int) {
	j, j1 := block(panelAt, g.F, panel)
	width := min(panel, g.F)
	kh0, kh1 := inside(oh*g.SH-g.Top, g.KH, g.GapH, g.H)
	p := product{start: fromC, bPanel: g.KH * g.taps() * width}
	w := g.w[j*g.KH*g.taps():]
	begins := kh0 >= kh1 && first == 0 || kh0 >= first && kh0 < end
	if begins {
		p.startFrom(g.b, j)
	}
	lo, hi := max(kh0, first), min(kh1, end)
	for ow := 0; ow < g.OW; {
		start := ow*g.SW - g.Left
		kw0, kw1 := inside(start, g.KW, g.GapW, g.W)
		pixels := 1
		if kw0 == 0 && kw1 == g.KW && g.KW > 0 {
			pixels = min(g.OW, (g.W-span(g.KW, g.GapW)+g.Left)/g.SW+1) - ow
		}
		if lo >= hi || kw0 >= kw1 {
			if begins {
				g.fill(n0, n1, oh, ow, pixels, j, j1, p.add)
			}
			ow += pixels
			continue
		}
		rowsOfX := axis{hi - lo, (g.GapH + 1) * g.W * g.xPixel, g.taps() * width}
		p.axes = [3]axis{{(kw1 - kw0) * g.C, 1, width}, rowsOfX, once}
		if g.apart() {
			p.axes = [3]axis{{g.C, 1, width}, {kw1 - kw0, (g.GapW + 1) * g.xPixel, g.C * width}, rowsOfX}
		}
		p.b = w[(lo*g.KW+kw0)*g.C*width:]
		p.relu = g.ReLU && end >= kh1 // nothing is added after this
		alongRow := pixels >= 12 || pixels >= n1-n0
		count, rows := pixels, n1-n0
		p.aRow, p.cRow = g.H*g.W*g.xPixel, g.outImage
		if alongRow {
			count, rows = rows, count
			p.aRow, p.cRow = g.SW*g.xPixel, g.outPixel
		}
		for i := range count {
			n, o := n0, ow+i
			if alongRow {
				n, o = n0+i, ow
			}
			ih, iw := oh*g.SH-g.Top+lo*(g.GapH+1), o*g.SW-g.Left+kw0*(g.GapW+1)
			p.a = g.x[((n*g.H+ih)*g.W+iw)*g.xPixel:]
			p.c = g.out[n*g.outImage+oh*g.outRow+o*g.outPixel+j:]
			p.run(rows, j1-j)
		}
		ow += pixels
	}
}

// apart reports whether the pixels of a row of a window are not one run of values.
func (g *gather) apart() bool { return g.GapW > 0 || g.xPixel != g.C }

// fill sets pixels whose windows are outside the image to the bias, or to its ReLU.
func (g *gather) fill(n0, n1, oh, ow, pixels, j, j1 int, bias []float32) {
	for n := n0; n < n1; n++ {
		for i := range pixels {
			out := g.out[n*g.outImage+oh*g.outRow+(ow+i)*g.outPixel:][j:j1]
			if bias == nil {
				clear(out)
			} else {
				copy(out, bias)
			}
			if g.ReLU {
				reluGeneric(out, out)
			}
		}
	}
}
