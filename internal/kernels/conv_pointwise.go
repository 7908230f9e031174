package kernels

// A convolution with filters of one pixel is a product of matrices over the pixels of all
// images: [pixels,C]·[C,F], and [pixels,F]·[F,C] for its gradient.

// pointwise reports whether filters are one pixel, and each pixel has an output.
func (s *Conv) pointwise() bool {
	return s.KH == 1 && s.KW == 1 && s.SH == 1 && s.SW == 1 && s.OH == s.H && s.OW == s.W && s.groups() == 1
}

type pointwiseConvArgs struct {
	out, x, w, b         []float32 // w is packed
	pixels, c, f         int
	rows, rowParts, cols int // pixels and filters of one part
	relu                 bool
}

// pixelProduct is the convolution of so many pixels of c channels with packed filters.
func pixelProduct(out, x, w, b []float32, pixels, c, f int, relu bool) {
	a := pointwiseConvArgs{out: out, x: x, w: w, b: b, pixels: pixels, c: c, f: f, relu: relu}
	a.rows = min(pointwiseMost, max(pointwiseLeast, pointwiseValues/c/12*12))
	a.rowParts = blocks(pixels, a.rows)
	panels := blocks(f, panel)
	a.cols = panel * blocks(panels, min(panels, blocks(16, a.rowParts)))
	pointwiseConvLoop.run(a.rowParts*blocks(f, a.cols), a)
}

// Pixels of one part: their channels stay in the second-level cache while panels of filters
// pass.
const (
	pointwiseValues               = 1 << 16
	pointwiseLeast, pointwiseMost = 24, 192
)

var pointwiseConvLoop = newLoop(func(a *pointwiseConvArgs, part int) {
	from, to := block(part%a.rowParts, a.pixels, a.rows)
	f0, f1 := block(part/a.rowParts, a.f, a.cols)
	width := min(panel, a.f)
	p := product{c: a.out[from*a.f+f0:], a: a.x[from*a.c:], b: a.w[f0*a.c:],
		cRow: a.f, aRow: a.c, bPanel: a.c * width, axes: [3]axis{{a.c, 1, width}, once, once}, relu: a.relu}
	p.startFrom(a.b, f0)
	p.run(to-from, f1-f0)
})
