package kernels

// Colors is the sizes of n images whose colours change: Pixels pixels and C channels each.
// Results are clipped to Low and High.
type Colors struct {
	N, Pixels, C int
	Low, High    float32
	Width        int // of an image, for what depends on neighbours
	Amounts      int // per image; 0 stands for 1
}

func (s *Colors) check(kernel string, out, x, amounts []float32) {
	need(kernel, "output", out, s.N, s.Pixels, s.C)
	need(kernel, "image", x, s.N, s.Pixels, s.C)
	need(kernel, "amounts", amounts, s.N, max(1, s.Amounts))
}

// image returns the values of image n in x.
func (s *Colors) image(x []float32, n int) []float32 {
	size := s.Pixels * s.C
	return x[n*size:][:size]
}

func (s *Colors) cut(v float32) float32 { return min(max(v, s.Low), s.High) }

// passes reports whether v is not clipped, so that its gradient is not 0.
func (s *Colors) passes(v float32) bool { return v >= s.Low && v <= s.High }

// Brightness adds amounts[n] to the values of image n of x.
func Brightness(out, x, amounts []float32, s Colors) {
	s.check("Brightness", out, x, amounts)
	brightnessLoop.run(s.N, colorArgs{out, x, nil, amounts, s})
}

// BrightnessGrad computes the gradient of [Brightness] for x.
func BrightnessGrad(dx, x, dy, amounts []float32, s Colors) {
	s.check("BrightnessGrad", dx, x, amounts)
	s.check("BrightnessGrad", dx, dy, amounts)
	brightnessGradLoop.run(s.N, colorArgs{dx, x, dy, amounts, s})
}

type colorArgs struct {
	out, x, dy, amounts []float32
	s                   Colors
}

// One part is one image.
var brightnessLoop = newLoop(func(a *colorArgs, n int) {
	out, amount := a.s.image(a.out, n), a.amounts[n]
	for i, v := range a.s.image(a.x, n) {
		out[i] = a.s.cut(v + amount)
	}
})

var brightnessGradLoop = newLoop(func(a *colorArgs, n int) {
	dx, dy, amount := a.s.image(a.out, n), a.s.image(a.dy, n), a.amounts[n]
	for i, v := range a.s.image(a.x, n) {
		dx[i] = 0
		if a.s.passes(v + amount) {
			dx[i] = dy[i]
		}
	}
})
