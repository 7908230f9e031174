package ops

import (
	"cnntrain/internal/kernels"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// A Change alters each image of a batch [N,H,W,C] by itself, but for MixNext, by amounts of its own:
// see the kernel of its name for what they mean.
type Change struct {
	name    string
	Amounts int // per image
	run     func(out, x, amounts []float32, of tensor.Shape)
	grad    func(dx, x, dy, amounts []float32, of tensor.Shape)
}

// Apply applies c to images x [N,H,W,C]. In each run, amounts fills a [N,Amounts].
func (c Change) Apply(x *G.Node, amounts func(a []float32)) *G.Node {
	xs := x.Shape()
	a := make([]float32, xs[0]*c.Amounts)
	return changed(c.name, x, func(out []float32, in ...[]float32) {
		amounts(a)
		c.run(out, in[0], a, xs)
	}, func(out []float32, in ...[]float32) {
		amounts(a)
		c.grad(out, in[0], in[1], a, xs)
	})
}

// Choose applies one of changes, none of which is MixNext, to each image of x [N,H,W,C]. In each run, draw returns the index
// of that of image n and fills its amounts. It may be called concurrently.
func Choose(x *G.Node, changes []Change, draw func(n int, a []float32) int) *G.Node {
	one := x.Shape().Clone()
	n, size := one[0], one[1:].TotalSize()
	one[0] = 1
	most := 0
	for _, c := range changes {
		most = max(most, c.Amounts)
	}
	a := make([]float32, n*most)
	of := func(in []float32, i int) []float32 { return in[i*size:][:size] }
	drawn := func(i int) (Change, []float32) {
		amounts := a[i*most:][:most]
		c := changes[draw(i, amounts)]
		return c, amounts[:c.Amounts]
	}
	var out, in, dy []float32 // of the current run
	change := func(i int) {
		c, amounts := drawn(i)
		c.run(of(out, i), of(in, i), amounts, one)
	}
	grad := func(i int) {
		c, amounts := drawn(i)
		c.grad(of(out, i), of(in, i), of(dy, i), amounts, one)
	}
	return changed("choose", x, func(to []float32, from ...[]float32) {
		out, in = to, from[0]
		kernels.Each(n, change)
	}, func(to []float32, from ...[]float32) {
		out, in, dy = to, from[0], from[1]
		kernels.Each(n, grad)
	})
}

// changed is an operation whose result has the shape of x. grad gets x and the gradient for it.
func changed(name string, x *G.Node, run, grad func(out []float32, in ...[]float32)) *G.Node {
	return apply(op{
		name: name, out: x.Shape(), run: run,
		grads: func(_ []*G.Node, _, dy *G.Node) []*G.Node {
			return []*G.Node{apply(op{name: name + "_grad", out: x.Shape(), run: grad}, x, dy)}
		},
	}, x)
}

// Brightness adds an amount to each image and clips the result to low and high.
func Brightness(low, high float32) Change {
	return colors("brightness", low, high, 1, kernels.Brightness, kernels.BrightnessGrad)
}

// Contrast multiplies the distance of each value from its channel's mean in the image by the
// amount, and clips.
func Contrast(low, high float32) Change {
	return colors("contrast", low, high, 1, kernels.Contrast, kernels.ContrastGrad)
}

// ColorDegeneration moves the channels of a pixel towards its luminance, of three channels, and
// clips.
func ColorDegeneration(low, high float32) Change {
	return colors("color_degeneration", low, high, 1, kernels.Degenerate, kernels.DegenerateGrad)
}

// Grayscale sets the channels of a pixel, of three, to its luminance where the amount is not 0.
func Grayscale() Change {
	return colors("grayscale", 0, 0, 1, kernels.Grayscale, kernels.GrayscaleGrad)
}

// Hue turns the hue of images of three channels, whose values are from low to high.
func Hue(low, high float32) Change { return colors("hue", low, high, 1, kernels.Hue, kernels.HueGrad) }

// Posterize keeps the amount as the number of bits of each value.
func Posterize(low, high float32) Change {
	return colors("posterize", low, high, 1, kernels.Posterize, kernels.PosterizeGrad)
}

// Saturation multiplies the saturation of images of three channels, clipped to low and high.
func Saturation(low, high float32) Change {
	return colors("saturation", low, high, 1, kernels.Saturation, kernels.SaturationGrad)
}

// Sharpness moves values away from the mean of their neighbours by a factor, and clips.
func Sharpness(low, high float32) Change {
	return colors("sharpness", low, high, 1, kernels.Sharpness, kernels.SharpnessGrad)
}

// AutoContrast stretches the values of each channel of an image to low and high. The amount has no
// meaning.
func AutoContrast(low, high float32) Change {
	return colors("auto_contrast", low, high, 1, kernels.AutoContrast, kernels.AutoContrastGrad)
}

// MaxBins is the largest number of bins of [Equalize].
const MaxBins = kernels.MaxBins

// Equalize spreads the values of each channel of an image from low to high. The amount is the
// number of bins in which they are counted.
func Equalize(low, high float32) Change {
	return colors("equalize", low, high, 1, kernels.Equalize, kernels.EqualizeGrad)
}

// Solarize adds the first amount, on a scale of 255, and inverts values from the second on.
func Solarize(low, high float32) Change {
	return colors("solarize", low, high, 2, kernels.Solarize, kernels.SolarizeGrad)
}

// MixNext mixes a patch of each image with the next one, of the last image with the first. It has
// 5 amounts: see [kernels.MixNext].
func MixNext() Change {
	return colors("mix_next", 0, 0, 5, kernels.MixNext, kernels.MixNextGrad)
}

func colors(name string, low, high float32, amounts int,
	change func(out, x, amounts []float32, s kernels.Colors), grad func(dx, x, dy, amounts []float32, s kernels.Colors)) Change {
	sizes := func(of tensor.Shape) kernels.Colors {
		return kernels.Colors{N: of[0], Pixels: of[1] * of[2], C: of[3], Low: low, High: high, Width: of[2], Amounts: amounts}
	}
	return Change{name, amounts,
		func(out, x, a []float32, of tensor.Shape) { change(out, x, a, sizes(of)) },
		func(dx, x, dy, a []float32, of tensor.Shape) { grad(dx, x, dy, a, sizes(of)) },
	}
}
