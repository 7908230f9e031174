package ops

import (
	"cnntrain/internal/kernels"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Resize resamples images x [N,H,W,C] to [N,height,width,C]: nearest, bilinear, bicubic,
// lanczos3 or lanczos5, with the centres of pixels aligned.
func Resize(x *G.Node, height, width int, method string, antialias bool) *G.Node {
	xs := x.Shape()
	s := kernels.NewResize(xs[0], xs[1], xs[2], xs[3], height, width, kernels.Interpolation{Method: method, Antialias: antialias})
	return apply(op{
		name: "resize",
		out:  tensor.Shape{s.N, height, width, s.C},
		run:  func(out []float32, in ...[]float32) { kernels.ResizeImages(out, in[0], s) },
		grads: func(_ []*G.Node, _, dy *G.Node) []*G.Node {
			return []*G.Node{apply(op{name: "resize_grad", out: xs,
				run: func(out []float32, in ...[]float32) { kernels.ResizeImagesGrad(out, in[0], s) },
			}, dy)}
		},
	}, x)
}

// ResizeWeights returns the matrix [out,in] of Resize along one axis.
func ResizeWeights(in, out int, method string, antialias bool) []float32 {
	return kernels.ResizeWeights(in, out, kernels.Interpolation{Method: method, Antialias: antialias})
}
