package kernels

// Padding is the sizes of a padding: N images of H by W pixels and C channels, and the
// number of rows and columns of zeros on each side.
type Padding struct {
	N, H, W, C               int
	Top, Bottom, Left, Right int
}

// Output returns the height and width with the padding.
func (s Padding) Output() (h, w int) { return s.Top + s.H + s.Bottom, s.Left + s.W + s.Right }

// Pad2D copies x to out with zeros around each image.
func Pad2D(out, x []float32, s Padding) {
	s.check("Pad2D", out, x)
	pad2DLoop.run(s.N, pad2DArgs{out, x, s})
}

// Crop2D removes the padding: the gradient of [Pad2D] for x.
func Crop2D(dx, dy []float32, s Padding) {
	s.check("Crop2D", dy, dx)
	crop2DLoop.run(s.N, pad2DArgs{dy, dx, s})
}

func (s Padding) check(kernel string, padded, x []float32) {
	h, w := s.Output()
	need(kernel, "padded", padded, s.N, h, w, s.C)
	need(kernel, "image", x, s.N, s.H, s.W, s.C)
}

type pad2DArgs struct {
	padded, x []float32
	s         Padding
}

// row returns one row of image n in both, without the padding.
func (a *pad2DArgs) row(n, ih int) (padded, x []float32) {
	s := &a.s
	h, w := s.Output()
	return a.padded[((n*h+s.Top+ih)*w+s.Left)*s.C:][:s.W*s.C], a.x[(n*s.H+ih)*s.W*s.C:][:s.W*s.C]
}

// One part is one image.
var pad2DLoop = newLoop(func(a *pad2DArgs, n int) {
	h, w := a.s.Output()
	clear(a.padded[n*h*w*a.s.C:][:h*w*a.s.C])
	for ih := range a.s.H {
		padded, x := a.row(n, ih)
		copy(padded, x)
	}
})

var crop2DLoop = newLoop(func(a *pad2DArgs, n int) {
	for ih := range a.s.H {
		padded, x := a.row(n, ih)
		copy(x, padded)
	}
})
