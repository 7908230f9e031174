package kernels

// gradWTiles is [Conv2DGradW] by tiles: for each tap of the filters the product
// [C,pixels]·[pixels,F] over the output pixels whose tap lies inside the image, for each
// group.
func gradWTiles(dw, x, dy []float32, all Conv) {
	s := all.ofGroup()
	a := gradWArgs{dw: dw, x: x, dy: dy, s: s, xPixel: all.C, yPixel: all.F, groups: all.groups(), kws: s.KW, c: s.C, slices: 1}
	if all.plain() && (s.Left == 0 && (s.OW-1)*s.SW+s.KW <= s.W || s.taps() <= gradWRows) {
		a.joined, a.kws, a.c = true, 1, s.taps()
	}
	a.turned = s.F < 16 && lanesFilled(a.c) > lanesFilled(s.F) || s.F == 16 && a.c > panel && a.c%16 == 0
	size := s.KH * s.taps() * all.F
	if size <= gradWSmall {
		a.slices = max(1, min(s.N, 8))
		a.dw = takeScratch(a.slices * size)
	}
	a.cParts, a.fParts = blocks(a.c, gradWRows), blocks(s.F, gradWCols)
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
	gradWPixelsWide      = 256 // with gradWWide taps or more, and more than gradWNarrow channels and filters
	gradWWide            = 48
	gradWNarrow          = 64
	gradWSmall           = 1 << 14
)

type gradWArgs struct {
	dw, x, dy      []float32 // dw is [slices,KH,KW,C,F]
	s              Conv      // of one group
	xPixel, yPixel int       // values from pixel to pixel, those of all groups
	groups         int
	joined         bool // the taps of a row are one of all their channels, which outputs away from the borders see
	kws, c         int  // each row of the filters is kws taps of c values
	slices         int
	cParts, fParts int
	turned         bool // compute [F,pixels]·[pixels,C]: few filters leave lanes unused
}

// lanesFilled is the fraction of the lanes of vectors of eight that n values use.
func lanesFilled(n int) float64 { return float64(n) / float64(8*blocks(n, 8)) }

var gradWLoop = newLoop(func(a *gradWArgs, part int) {
	s := &a.s
	f0, f1 := block(part%a.fParts, s.F, gradWCols)
	part /= a.fParts
	c0, c1 := block(part%a.cParts, a.c, gradWRows)
	part /= a.cParts
	group := part % a.groups
	part /= a.groups
	kw, kh, slice := part%a.kws, part/a.kws%s.KH, part/a.kws/s.KH
	n0, n1 := slice*s.N/a.slices, (slice+1)*s.N/a.slices

	y, x := kh*(s.GapH+1), kw*(s.GapW+1) // of the tap in the window
	oh0, oh1 := pixelsOf(y, s.SH, s.Top, s.H, s.OH)
	dw := a.dw[(((slice*s.KH+kh)*a.kws+kw)*a.c+c0)*a.yPixel+group*s.F+f0:]
	sum := gradWSum{gradWArgs: a, dw: dw, rows: c1 - c0, cols: f1 - f0, n0: n0, n1: n1, oh0: oh0, oh1: oh1,
		x: a.x[group*s.C+c0:], y: a.dy[group*s.F+f0:], up: y - s.Top}
	sum.begin()
	switch {
	case oh0 >= oh1 || n0 >= n1:
	case a.joined:
		sum.addJoined(c0, c1)
	default:
		ow0, ow1 := pixelsOf(x, s.SW, s.Left, s.W, s.OW)
		sum.add(ow0, ow1, 0, c1-c0, x-s.Left)
	}
	sum.end()
})

// A gradWSum is a part of the work: the sums of some taps of a row of the filters and of some filters, over
// rows [oh0,oh1) of the outputs of images [n0,n1).
type gradWSum struct {
	*gradWArgs
	dw, x, y         []float32 // from the first tap and filter on
	rows, cols       int       // taps and filters
	n0, n1, oh0, oh1 int
	up               int // from a row of outputs, times the stride, to that of the image
	product          product
}

func (s *gradWSum) begin() {
	s.product = product{c: s.dw, cRow: s.yPixel, aRow: 1, bPanel: panel, start: fromC}
	if s.turned {
		s.product.c, s.product.cRow = takeScratch(s.rows*s.cols), s.rows
		clear(s.product.c)
		return
	}
	for i := range s.rows {
		clear(s.dw[i*s.yPixel:][:s.cols])
	}
}

func (s *gradWSum) end() {
	if s.turned {
		transpose(s.dw, s.product.c, s.rows, s.cols, s.yPixel, s.rows)
		giveScratch(s.product.c)
	}
}

// addJoined adds the products of all outputs of each row to values [c0,c1) of a row of the filters, the taps of
// which are joined.
func (s *gradWSum) addJoined(c0, c1 int) {
	c := &s.s
	for ow := 0; ow < c.OW; {
		kw0, kw1 := inside(ow*c.SW-c.Left, c.KW, 0, c.W)
		end := ow + 1
		if kw0 == 0 && kw1 == c.KW {
			end = min(c.OW, (c.W-c.KW+c.Left)/c.SW+1)
		}
		if kw0 < kw1 {
			s.add(ow, end, max(0, kw0*c.C-c0), min(kw1*c.C, c1)-c0, kw0-c.Left)
		}
		ow = end
	}
}

// add adds the products of outputs [ow0,ow1) of each row to taps [from,to); the first of them is left
// pixels from the output, times the stride.
func (s *gradWSum) add(ow0, ow1, from, to, left int) {
	if ow0 >= ow1 {
		return
	}
	c := &s.s
	pixels := gradWPixels
	if s.c >= gradWWide && c.C+s.cols > gradWNarrow {
		pixels = gradWPixelsWide
	}
	images, rows := max(1, pixels/(c.OH*c.OW)), max(1, pixels/c.OW)
	p := s.product
	for n := s.n0; n < s.n1; n += images {
		for oh := s.oh0; oh < s.oh1; oh += rows {
			p.axes = longestFirst(
				axis{ow1 - ow0, c.SW * s.xPixel, s.yPixel},
				axis{min(rows, s.oh1-oh), c.SH * c.W * s.xPixel, c.OW * s.yPixel},
				axis{min(images, s.n1-n), c.H * c.W * s.xPixel, c.OH * c.OW * s.yPixel})
			x := s.x[((n*c.H+oh*c.SH+s.up)*c.W+ow0*c.SW+left)*s.xPixel:]
			y := s.y[((n*c.OH+oh)*c.OW+ow0)*s.yPixel:]
			if s.turned {
				for i, x := range p.axes {
					p.axes[i] = x.turned()
				}
				p.a, p.b, p.c = y, x, s.product.c[from:]
				p.run(s.cols, to-from)
			} else {
				p.a, p.b, p.c = x, y, s.product.c[from*s.yPixel:]
				p.run(to-from, s.cols)
			}
		}
	}
}

// longestFirst returns the axes of columns, rows and images in the order in which a product is fast: the
// first is summed in the innermost loop.
func longestFirst(cols, rows, images axis) [3]axis {
	if cols.n == 1 {
		cols, rows = rows, cols
	}
	if cols.n < 8 && images.n > cols.n {
		cols, images = images, cols
	}
	return [3]axis{cols, rows, images}
}

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
