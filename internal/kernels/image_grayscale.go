package kernels

// Grayscale sets the channels of image n of x, which are red, green and blue, to the luminance
// 0.2989·red + 0.5870·green + 0.1140·blue if amounts[n] is not 0.
func Grayscale(out, x, amounts []float32, s Colors) { grayscale.run("Grayscale", out, x, amounts, s) }

// GrayscaleGrad computes the gradient of [Grayscale] for x.
func GrayscaleGrad(dx, x, dy, amounts []float32, s Colors) {
	grayscale.runGrad("GrayscaleGrad", dx, x, dy, amounts, s)
}

var grayscale = pixelwise(func(_ *Colors, p [3]dual, amount float64) [3]dual {
	if amount == 0 {
		return p
	}
	y := luminance(p)
	return [3]dual{y, y, y}
})

// luminance returns that of a pixel.
func luminance(p [3]dual) dual {
	return p[0].by(0.2989).plus(p[1].by(0.5870)).plus(p[2].by(0.1140))
}
