package ops

import (
	"cnntrain/internal/kernels"

	G "gorgonia.org/gorgonia"
)

// Brightness adds an amount to each image of x [N,H,W,C] and clips the result to low and
// high. In each run, amounts fills a [N] with the images' amounts.
func Brightness(x *G.Node, low, high float32, amounts func(a []float32)) *G.Node {
	return colors("brightness", x, low, high, amounts, kernels.Brightness, kernels.BrightnessGrad)
}

// Contrast multiplies the distance of each value from its channel's mean in the image by a
// factor; the rest is as for Brightness.
func Contrast(x *G.Node, low, high float32, amounts func(a []float32)) *G.Node {
	return colors("contrast", x, low, high, amounts, kernels.Contrast, kernels.ContrastGrad)
}

// Grayscale sets the channels of x [N,H,W,3] to the luminance of a pixel where an amount is
// not 0.
func Grayscale(x *G.Node, amounts func(a []float32)) *G.Node {
	return colors("grayscale", x, 0, 0, amounts, kernels.Grayscale, kernels.GrayscaleGrad)
}

// Hue turns the hue of x [N,H,W,3], whose values are from low to high.
func Hue(x *G.Node, low, high float32, turns func(a []float32)) *G.Node {
	return colors("hue", x, low, high, turns, kernels.Hue, kernels.HueGrad)
}

// Saturation multiplies the saturation of x [N,H,W,3], clipped to low and high.
func Saturation(x *G.Node, low, high float32, factors func(a []float32)) *G.Node {
	return colors("saturation", x, low, high, factors, kernels.Saturation, kernels.SaturationGrad)
}

// Sharpness moves values away from the mean of their neighbours by a factor; the rest is as
// for Brightness.
func Sharpness(x *G.Node, low, high float32, factors func(a []float32)) *G.Node {
	return colors("sharpness", x, low, high, factors, kernels.Sharpness, kernels.SharpnessGrad)
}

// AutoContrast stretches the values of each channel of an image to low and high.
func AutoContrast(x *G.Node, low, high float32) *G.Node {
	return colors("auto_contrast", x, low, high, func([]float32) {}, kernels.AutoContrast, kernels.AutoContrastGrad)
}

// MaxBins is the largest number of bins of [Equalize].
const MaxBins = kernels.MaxBins

// Equalize spreads the values of each channel of an image from low to high, counted in bins.
func Equalize(x *G.Node, low, high float32, bins int) *G.Node {
	return colors("equalize", x, low, high, func(a []float32) {
		for n := range a {
			a[n] = float32(bins)
		}
	}, kernels.Equalize, kernels.EqualizeGrad)
}

// Solarize adds an amount, on a scale of 255, and inverts values from a threshold on. amounts
// fills a [N,2] with both.
func Solarize(x *G.Node, low, high float32, amounts func(a []float32)) *G.Node {
	return manyColors("solarize", x, low, high, 2, amounts, kernels.Solarize, kernels.SolarizeGrad)
}

func colors(name string, x *G.Node, low, high float32, amounts func(a []float32),
	change func(out, x, amounts []float32, s kernels.Colors), grad func(dx, x, dy, amounts []float32, s kernels.Colors)) *G.Node {
	return manyColors(name, x, low, high, 1, amounts, change, grad)
}

// manyColors is colors with several amounts per image.
func manyColors(name string, x *G.Node, low, high float32, per int, amounts func(a []float32),
	change func(out, x, amounts []float32, s kernels.Colors), grad func(dx, x, dy, amounts []float32, s kernels.Colors)) *G.Node {
	xs := x.Shape()
	s := kernels.Colors{N: xs[0], Pixels: xs[1] * xs[2], C: xs[3], Low: low, High: high, Width: xs[2], Amounts: per}
	a := make([]float32, s.N*per)
	return apply(op{
		name: name,
		out:  xs,
		run: func(out []float32, in ...[]float32) {
			amounts(a)
			change(out, in[0], a, s)
		},
		grads: func(_ []*G.Node, _, dy *G.Node) []*G.Node {
			return []*G.Node{apply(op{name: name + "_grad", out: xs,
				run: func(out []float32, in ...[]float32) {
					amounts(a)
					grad(out, in[0], in[1], a, s)
				},
			}, x, dy)}
		},
	}, x)
}

// MixNext mixes a patch of each image with the next one, of the last image with the first.
// amounts fills a [N,5]: see [kernels.MixNext].
func MixNext(x *G.Node, amounts func(a []float32)) *G.Node {
	return manyColors("mix_next", x, 0, 0, 5, amounts, kernels.MixNext, kernels.MixNextGrad)
}
