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

func colors(name string, x *G.Node, low, high float32, amounts func(a []float32),
	change func(out, x, amounts []float32, s kernels.Colors), grad func(dx, x, dy, amounts []float32, s kernels.Colors)) *G.Node {
	xs := x.Shape()
	s := kernels.Colors{N: xs[0], Pixels: xs[1] * xs[2], C: xs[3], Low: low, High: high}
	a := make([]float32, s.N)
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
