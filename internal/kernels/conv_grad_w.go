package kernels

// gradWTiles is [Conv2DGradW] by tiles: for each tap of the filters the product
// [C,pixels]·[pixels,F] over the output pixels whose tap lies inside the image, for each
// group.
func gradWTiles(dw, x, dy []float32, all Conv) {
	s := all.ofGroup()
	a := gradWArgs{dw: dw, x: x, dy: dy, s: s, xPixel: all.C, yPixel: all.F, groups: all.groups(), kws: s.KW, c: s.C, slices: 1}
	if all.plain() && s.Left == 0 && (s.OW-1)*s.SW+s.KW <= s.W {
		a.kws, a.c = 1, s.taps() // all taps of a row, since they see the same pixels
	}
	a.rows = gradWRows
	if s.KH == 1 && s.KW == 1 && s.C >= gradWCopied && s.F >= panel {
		a.copied, a.rows = true, 2*gradWRows
		if blocks(s.C, 4*gradWRows)*blocks(s.F, gradWCols) >= 8 {
			a.rows = 4 * gradWRows // each copy of the outputs is used more often
		}
	}
	a.turned = s.F < 16 && lanesFilled(a.c) > lanesFilled(s.F)
	size := s.KH * s.taps() * all.F
	if size <= gradWSmall {
		a.slices = max(1, min(s.N, 8))
		a.dw = takeScratch(a.slices * size)
	}
	a.cParts, a.fParts = blocks(a.c, a.rows), blocks(s.F, gradWCols)
	gradWLoop.run(a.slices*s.KH*a.kws*a.groups*a.cParts*a.fParts, a)
	if size <= gradWSmall {
		addRows(dw[:size], a.dw)
		giveScratch(a.dw)
	}
}

// One part of the work is up to gradWRows taps by gradWCols filters, in runs of about
// gradWPixels pixels, which stay in the caches: the second level has 512 kB on some processors.
// With small filters there are few such parts, so each part computes a slice of the images and
// the sums are added.
const (
	gradWRows, gradWCols = 96, 128
	gradWPixels          = 1024
	gradWPixelsWide      = 256 // with gradWWide taps or more
	gradWWide            = 48
	gradWSmall           = 1 << 14
	gradWCopied          = 128 // channels from which on 1x1 filters copy pixels
)

type gradWArgs struct {
	dw, x, dy      []float32 // dw is [slices,KH,KW,C,F]
	s              Conv      // of one group
	xPixel, yPixel int       // values from pixel to pixel, those of all groups
	groups         int
	kws, c         int // each row of the filters is kws taps of c values
	slices         int
	cParts, fParts int
	rows           int  // taps of one part
	copied         bool // rows lie so far apart that copying pays off
	turned         bool // compute [F,pixels]·[pixels,C]: few filters leave lanes unused
}

// lanesFilled is the fraction of the lanes of vectors of eight that n values use.
func lanesFilled(n int) float64 { return float64(n) / float64(8*blocks(n, 8)) }

var gradWLoop = newLoop(func(a *gradWArgs, part int) {
	s := &a.s
	f0, f1 := block(part%a.fParts, s.F, gradWCols)
	part /= a.fParts
	c0, c1 := block(part%a.cParts, a.c, a.rows)
	part /= a.cParts
	group := part % a.groups
	part /= a.groups
	kw, kh, slice := part%a.kws, part/a.kws%s.KH, part/a.kws/s.KH
	n0, n1 := slice*s.N/a.slices, (slice+1)*s.N/a.slices

	y, x := kh*(s.GapH+1), kw*(s.GapW+1) // of the tap in the window
	oh0, oh1 := pixelsOf(y, s.SH, s.Top, s.H, s.OH)
	ow0, ow1 := pixelsOf(x, s.SW, s.Left, s.W, s.OW)
	dw := a.dw[(((slice*s.KH+kh)*a.kws+kw)*a.c+c0)*a.yPixel+group*s.F+f0:]
	if oh0 >= oh1 || ow0 >= ow1 || n0 >= n1 {
		for i := range c1 - c0 {
			clear(dw[i*a.yPixel:][:f1-f0])
		}
		return
	}
	pixels := gradWPixels
	if a.c >= gradWWide {
		pixels = gradWPixelsWide
	}
	images, rows := max(1, pixels/(s.OH*s.OW)), max(1, pixels/s.OW)
	p := product{c: dw, cRow: a.yPixel, aRow: 1, bPanel: panel}
	if a.turned {
		p.c, p.cRow = takeScratch((f1-f0)*(c1-c0)), c1-c0
	}
	for n := n0; n < n1; n += images {
		for oh := oh0; oh < oh1; oh += rows {
			inner := axis{ow1 - ow0, s.SW * a.xPixel, a.yPixel}
			middle := axis{min(rows, oh1-oh), s.SH * s.W * a.xPixel, s.OW * a.yPixel}
			outer := axis{min(images, n1-n), s.H * s.W * a.xPixel, s.OH * s.OW * a.yPixel}
			if !a.copied && inner.n < 8 && outer.n > inner.n { // the longest in the innermost loop
				inner, outer = outer, inner
			}
			p.a = a.x[((n*s.H+oh*s.SH-s.Top+y)*s.W+ow0*s.SW-s.Left+x)*a.xPixel+group*s.C+c0:]
			p.b = a.dy[((n*s.OH+oh)*s.OW+ow0)*a.yPixel+group*s.F+f0:]
			if a.turned {
				p.a, p.b = p.b, p.a
				p.axes = [3]axis{inner.turned(), middle.turned(), outer.turned()}
				p.run(f1-f0, c1-c0)
			} else {
				p.axes = [3]axis{inner, middle, outer}
				if a.copied {
					p.runCopied(c1-c0, f1-f0)
				} else {
					p.run(c1-c0, f1-f0)
				}
			}
			p.start = fromC
		}
	}
	if a.turned {
		transpose(dw, p.c, c1-c0, f1-f0, a.yPixel, c1-c0)
		giveScratch(p.c)
	}
})

// pixelsOf returns the range [from,to) of output pixels along an axis whose tap k is inside
// the image.
func pixelsOf(k, stride, before, in, out int) (from, to int) {
	return max(0, blocks(before-k, stride)), min(out, floorDiv(in-1+before-k, stride)+1)
}

func floorDiv(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
