package kernels

// Degenerate moves the channels of image n of x, which are red, green and blue, towards the
// luminance of [Grayscale] by the fraction amounts[n], and clips them.
func Degenerate(out, x, amounts []float32, s Colors) {
	degenerate.run("Degenerate", out, x, amounts, s)
}

// DegenerateGrad computes the gradient of [Degenerate] for x.
func DegenerateGrad(dx, x, dy, amounts []float32, s Colors) {
	degenerate.runGrad("DegenerateGrad", dx, x, dy, amounts, s)
}

var degenerate = pixelwise(func(s *Colors, p [3]dual, amount float64) [3]dual {
	y := luminance(p)
	for c, v := range p {
		p[c] = v.plus(y.minus(v).by(amount)).between(dual{v: float64(s.Low)}, dual{v: float64(s.High)})
	}
	return p
})
