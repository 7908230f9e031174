package kernels

// Winograd's algorithm F(4x4,3x3) computes a tile of 4x4 pixels of a convolution with 3x3
// filters from 6x6 pixels of the image, d, and the filter g as
//
//	Aᵀ·[(G·g·Gᵀ) ⊙ (Bᵀ·d·B)]·A
//
// with 36 products per channel instead of 144 (Lavin and Gray, "Fast Algorithms for
// Convolutional Neural Networks", 2015, section 4.1). F(2x2,5x5) computes 2x2 pixels with 5x5
// filters in the same way, with 36 products instead of 100: both interpolate polynomials at the
// points 0, 1, -1, 2, -2 and ∞, so Bᵀ is the same; G has the powers of the points for five taps
// in place of three, A for two pixels in place of four. A plane is one of the 36 values for
// all tiles and channels, or for all channels and filters: a matrix. Between the
// transforms, ⊙ and the sum over channels are 36 products of two planes. Rounding errors
// are about ten times those of direct sums.
const (
	winogradIn     = 6 // pixels along a side of a tile of the image
	winogradPlanes = winogradIn * winogradIn
)

// tileOut is the number of pixels along a side of a tile of the output.
func (s *Conv) tileOut() int { return winogradIn + 1 - s.KH }

// transforms are those for the size of the filters.
func (s *Conv) transforms() *winogradTransforms { return s.transformsOf(current()) }

func (s *Conv) transformsOf(set *instructionSet) *winogradTransforms {
	if s.KH == 5 {
		return &set.winograd5
	}
	return &set.winograd3
}

// winogradForm reports whether Winograd's algorithm is faster for many tiles. Measured: the transforms
// pay off with 16 channels and filters or more, but not 16 of both, and if at least two thirds of the
// pixels that tiles cover exist; those for 5x5 filters, which make fewer pixels of as many planes, with
// 64 of both and five sixths.
func (s *Conv) winogradForm() bool {
	if s.Direct || !s.plain() || s.OH < 1 || s.OW < 1 || s.N < 1 || s.KH != s.KW || s.KH != 3 && s.KH != 5 || s.SH != 1 || s.SW != 1 {
		return false
	}
	covered := s.tileRows() * s.tileCols() * s.tileOut() * s.tileOut()
	if s.KH == 5 {
		return s.C >= 32 && s.F >= 32 && s.C*s.F >= 64*64 && 5*covered <= 6*s.OH*s.OW
	}
	return s.C >= 16 && s.F >= 16 && s.C*s.F > 16*16 && 2*covered <= 3*s.OH*s.OW
}

// The numbers of tiles in a batch from which on transforming the filters, or their gradients, pays off.
const winogradMany, winogradManyGradW = 16, 8

// winograd reports whether Winograd's algorithm is faster. An image in a batch of few tiles has the
// same result as in a larger one except for rounding, so the number does not count for Alike.
func (s *Conv) winograd() bool { return s.winogradForm() && (s.Alike || s.tiles() >= winogradMany) }

// winogradGradW is winograd for the gradient of the kernel, whose product has fewer rows.
func (s *Conv) winogradGradW() bool {
	return s.winogradForm() && s.C*s.F >= 32*32 && s.tiles() >= winogradManyGradW
}

// tileRows and tileCols are the numbers of tiles that cover an output, tiles that for all
// outputs.
func (s *Conv) tileRows() int { return blocks(s.OH, s.tileOut()) }
func (s *Conv) tileCols() int { return blocks(s.OW, s.tileOut()) }
func (s *Conv) tiles() int    { return s.N * s.tileRows() * s.tileCols() }

// tile returns the image of a tile and its first output pixel.
func (s *Conv) tile(i int) (n, oh, ow int) {
	perImage := s.tileRows() * s.tileCols()
	n, i = i/perImage, i%perImage
	return n, i / s.tileCols() * s.tileOut(), i % s.tileCols() * s.tileOut()
}

// reversed is the convolution that computes the gradient for the image from that for the
// output, with filters rotated by 180 degrees; the stride is 1.
func (s *Conv) reversed() Conv {
	r := *s
	r.H, r.W, r.C, r.OH, r.OW, r.F = s.OH, s.OW, s.F, s.H, s.W, s.C
	r.Top, r.Left = s.KH-1-s.Top, s.KW-1-s.Left
	r.ReLU = false
	return r
}

// imagePlanes transforms the tiles [from,to) of x. In a plane, each has a row of
// winogradRow(C) values; plane is the distance of planes.
func (s *Conv) imagePlanes(planes []float32, plane int, x []float32, from, to int) {
	row := winogradRow(s.C)
	nothing := takeScratch(s.C)
	clear(nothing)
	t := winogradTile{plane: plane * float, channels: s.C}
	for i := from; i < to; i++ {
		n, oh, ow := s.tile(i)
		t.window(x[n*s.H*s.W*s.C:], s.H, s.W, s.C, winogradIn, oh-s.Top, ow-s.Left, &nothing[0])
		t.planes = &planes[(i-from)*row]
		current().winogradImage(noescape(&t))
	}
	giveScratch(nothing)
}

// winogradRow is the distance of rows of c values in a plane: a multiple of the vector
// size, and never a power of two, with which rows would compete for few cache sets.
func winogradRow(c int) int { return blocks(c, 16)*16 + 16 }

type winogradArgs struct {
	Conv
	out, x, w, b []float32
	turned       bool      // w belongs to the reversed convolution
	images       []float32 // planes of the tiles of x, if made before
	filters      []float32 // planes of the filters, if made before
	tilesPerPart int
	stream       bool
}

// winogradConv is [Conv2D], or [Conv2DGradX] of the reversed convolution, by Winograd's
// algorithm. The smaller of images and filters is transformed first; the other one is
// transformed by each part.
func winogradConv(out, x, w, b []float32, s Conv, turned bool) {
	a := winogradArgs{Conv: s, out: out, x: x, w: w, b: b, turned: turned, stream: streams(out, s.F)}
	tiles := s.tiles()
	if tiles < s.F {
		a.tilesPerPart = tiles
		a.images = takeScratch(winogradPlanes * tiles * winogradRow(s.C))
		winogradImagesLoop.run(blocks(tiles, winogradFew), a)
		winogradLoop.run(blocks(s.F, panel), a)
		giveScratch(a.images)
		return
	}
	a.tilesPerPart = blocks(tiles, blocks(tiles, winogradTiles))
	a.filters = takeScratch(winogradPlanes * s.C * blocks(s.F, panel) * panel)
	winogradFiltersLoop.run(blocks(s.C, winogradRun)*blocks(s.F, panel), a)
	winogradLoop.run(blocks(tiles, a.tilesPerPart), a)
	giveScratch(a.filters)
}

const (
	winogradTiles = 24  // of one part, so that their planes stay in the cache
	winogradFew   = 4   // tiles of one part if they are only transformed
	winogradRun   = 128 // channels summed in one pass
)

var winogradImagesLoop = newLoop(func(a *winogradArgs, part int) {
	row := winogradRow(a.C)
	from, to := block(part, a.tiles(), winogradFew)
	a.imagePlanes(a.images[from*row:], a.tiles()*row, a.x, from, to)
})

var winogradFiltersLoop = newLoop(func(a *winogradArgs, part int) {
	p := part % blocks(a.F, panel)
	c0, c1 := block(part/blocks(a.F, panel), a.C, winogradRun)
	a.filterPlanes(a.filters[a.filtersAt(p, c0):], p, c0, c1)
})

// filtersAt is the offset in filters of the planes of a panel with the channels from c on.
func (a *winogradArgs) filtersAt(p, c int) int { return winogradPlanes * (p*a.C + c) * panel }

// filterPlanes transforms channels [c0,c1) of the filters of a panel. In a plane
// each channel has a row of 32 values.
func (a *winogradArgs) filterPlanes(planes []float32, p, c0, c1 int) {
	f0, f1 := block(p, a.F, panel)
	count, taps := c1-c0, a.KH*a.KW
	rows := takeScratch(taps * count * panel)
	for tap := range taps {
		row := rows[tap*count*panel:]
		if a.turned {
			transpose(row, a.w[((taps-1-tap)*a.F+f0)*a.C+c0:], count, f1-f0, panel, a.C)
		} else {
			toPanels(row, a.w[(tap*a.C+c0)*a.F+f0:], count, f1-f0, a.F, count)
		}
	}
	t := winogradTile{plane: count * panel * float, channels: f1 - f0}
	for c := range count {
		t.planes = &planes[c*panel]
		for tap := range taps {
			t.pixels[tap] = &rows[(tap*count+c)*panel]
		}
		a.transforms().filter(noescape(&t))
	}
	giveScratch(rows)
}

// One part is some tiles in all panels, or all tiles in one panel.
var winogradLoop = newLoop(func(a *winogradArgs, part int) {
	panels := blocks(a.F, panel)
	p0, p1, images := part, part+1, a.images
	from, to := 0, a.tiles()
	row := winogradRow(a.C)
	if images == nil {
		p0, p1 = 0, panels
		from, to = block(part, a.tiles(), a.tilesPerPart)
		images = takeScratch(winogradPlanes * (to - from) * row)
		a.imagePlanes(images, (to-from)*row, a.x, from, to)
	}
	filters := a.filters
	if filters == nil {
		filters = takeScratch(winogradPlanes * min(winogradRun, a.C) * panel)
	}
	sums := takeScratch(winogradPlanes * (to - from) * panel)
	for p := p0; p < p1; p++ {
		for c0 := 0; c0 < a.C; c0 += winogradRun {
			c1 := min(c0+winogradRun, a.C)
			at := 0
			if a.filters == nil {
				a.filterPlanes(filters, p, c0, c1)
			} else {
				at = a.filtersAt(p, c0)
			}
			a.multiply(sums, images, filters[at:], to-from, p, c0, c1)
		}
		a.outputs(sums, p, from, to)
	}
	giveScratch(sums)
	if a.filters == nil {
		giveScratch(filters)
	}
	if a.images == nil {
		giveScratch(images)
	}
})

// multiply adds to the planes of outputs in one panel the products of channels [c0,c1); the
// first channels initialize the sums.
func (a *winogradArgs) multiply(sums, images, filters []float32, tiles, p, c0, c1 int) {
	f0, f1 := block(p, a.F, panel)
	row := winogradRow(a.C)
	m := product{cRow: panel, aRow: row, bPanel: panel}
	m.axes = [3]axis{{c1 - c0, 1, panel}, once, once}
	if c0 > 0 {
		m.start = fromC
	}
	for plane := range winogradPlanes {
		m.c = sums[plane*tiles*panel:]
		m.a = images[plane*tiles*row+c0:]
		m.b = filters[plane*(c1-c0)*panel:]
		m.run(tiles, f1-f0)
	}
}

// outputs transforms the sums of one panel to the output.
func (a *winogradArgs) outputs(sums []float32, p, from, to int) {
	f0, f1 := block(p, a.F, panel)
	spare := takeScratch(2 * panel)
	bias, nowhere := spare[:panel], spare[panel:]
	clear(bias)
	if a.b != nil {
		copy(bias, a.b[f0:f1])
	}
	t := winogradTile{plane: (to - from) * panel * float, channels: f1 - f0, bias: &bias[0]}
	if a.ReLU {
		t.relu = 1
	}
	for i := from; i < to; i++ {
		n, oh, ow := a.tile(i)
		t.window(a.out[n*a.OH*a.OW*a.F+f0:], a.OH, a.OW, a.F, a.tileOut(), oh, ow, &nowhere[0])
		t.planes = &sums[(i-from)*panel]
		set := current()
		if k := a.tileOut(); a.stream && oh+k <= a.OH && ow+k <= a.OW {
			set = set.streaming
		}
		a.transformsOf(set).output(noescape(&t))
	}
	giveScratch(spare)
}
