package kernels

// A colorFunc changes one image of s, given its amounts.
type colorFunc struct {
	f    func(s *Colors, out, x, amounts []float32)
	grad func(s *Colors, dx, x, dy, amounts []float32)
}

// run changes all images.
func (c *colorFunc) run(kernel string, out, x, amounts []float32, s Colors) {
	s.check(kernel, out, x, amounts)
	colorLoop.run(s.N, colorFuncArgs{colorArgs{out, x, nil, amounts, s}, c})
}

// runGrad computes the gradient for all images.
func (c *colorFunc) runGrad(kernel string, dx, x, dy, amounts []float32, s Colors) {
	s.check(kernel, dx, x, amounts)
	s.check(kernel, dx, dy, amounts)
	colorGradLoop.run(s.N, colorFuncArgs{colorArgs{dx, x, dy, amounts, s}, c})
}

type colorFuncArgs struct {
	colorArgs
	c *colorFunc
}

// amountsOf returns the amounts of image n.
func (a *colorFuncArgs) amountsOf(n int) []float32 {
	k := max(1, a.s.Amounts)
	return a.amounts[n*k:][:k]
}

// One part is one image.
var colorLoop = newLoop(func(a *colorFuncArgs, n int) {
	a.c.f(&a.s, a.s.image(a.out, n), a.s.image(a.x, n), a.amountsOf(n))
})

var colorGradLoop = newLoop(func(a *colorFuncArgs, n int) {
	a.c.grad(&a.s, a.s.image(a.out, n), a.s.image(a.x, n), a.s.image(a.dy, n), a.amountsOf(n))
})

// A dual is a value with its derivatives with respect to the three channels of a pixel.
type dual struct{ v, r, g, b float64 }

func (a dual) plus(b dual) dual  { return dual{a.v + b.v, a.r + b.r, a.g + b.g, a.b + b.b} }
func (a dual) minus(b dual) dual { return a.plus(b.by(-1)) }
func (a dual) by(f float64) dual {
	return dual{float64(a.v * f), float64(a.r * f), float64(a.g * f), float64(a.b * f)}
}
func (a dual) times(b dual) dual {
	return dual{float64(a.v * b.v), float64(a.r*b.v) + float64(b.r*a.v), float64(a.g*b.v) + float64(b.g*a.v), float64(a.b*b.v) + float64(b.b*a.v)}
}
func (a dual) over(b dual) dual {
	q := a.v / b.v
	return dual{q, (a.r - float64(q*b.r)) / b.v, (a.g - float64(q*b.g)) / b.v, (a.b - float64(q*b.b)) / b.v}
}

// abs is the absolute value.
func (a dual) abs() dual {
	if a.v < 0 {
		return a.by(-1)
	}
	return a
}

// between clips a to a range.
func (a dual) between(low, high dual) dual {
	switch {
	case a.v < low.v:
		return low
	case a.v > high.v:
		return high
	}
	return a
}

// pixelwise is a colorFunc of each pixel of three channels.
func pixelwise(f func(s *Colors, pixel [3]dual, amount float64) [3]dual) colorFunc {
	at := func(s *Colors, x, amounts []float32) [3]dual {
		return f(s, [3]dual{{float64(x[0]), 1, 0, 0}, {float64(x[1]), 0, 1, 0}, {float64(x[2]), 0, 0, 1}}, float64(amounts[0]))
	}
	return colorFunc{
		func(s *Colors, out, x, amounts []float32) {
			for i := 0; i < len(x); i += 3 {
				for j, c := range at(s, x[i:], amounts) {
					out[i+j] = float32(c.v)
				}
			}
		},
		func(s *Colors, dx, x, dy, amounts []float32) {
			for i := 0; i < len(x); i += 3 {
				var sum dual
				for j, c := range at(s, x[i:], amounts) {
					sum = sum.plus(c.by(float64(dy[i+j])))
				}
				dx[i], dx[i+1], dx[i+2] = float32(sum.r), float32(sum.g), float32(sum.b)
			}
		},
	}
}

// extremes returns the largest channel of a pixel and the smallest.
func extremes(p [3]dual) (most, least dual) {
	most, least = p[0], p[0]
	for _, c := range p[1:] {
		if c.v > most.v {
			most = c
		}
		if c.v < least.v {
			least = c
		}
	}
	return most, least
}
