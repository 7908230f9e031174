package ops

import (
	"cnntrain/internal/kernels"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Resampling says how Warp interpolates and extrapolates.
type Resampling struct {
	Fill    string  // reflect, constant, nearest, wrap
	Value   float32 // for constant
	Nearest bool    // the nearest pixel instead of interpolation
}

var fills = map[string]kernels.Fill{
	"reflect": kernels.FillReflect, "constant": kernels.FillConstant,
	"nearest": kernels.FillNearest, "wrap": kernels.FillWrap,
}

// Warp resamples images x [N,H,W,C] to [N,height,width,C]. In each run, matrices fills m
// [N,6] for it: see kernels.WarpImages.
func Warp(x *G.Node, height, width int, how Resampling, matrices func(m []float32)) *G.Node {
	xs := x.Shape()
	s := kernels.Warp{N: xs[0], H: xs[1], W: xs[2], C: xs[3], OH: height, OW: width,
		Fill: fills[how.Fill], Value: how.Value, Nearest: how.Nearest}
	m := make([]float32, 6*s.N)
	return apply(op{
		name: "warp",
		out:  tensor.Shape{s.N, height, width, s.C},
		run: func(out []float32, in ...[]float32) {
			matrices(m)
			kernels.WarpImages(out, in[0], m, s)
		},
		grads: func(_ []*G.Node, _, dy *G.Node) []*G.Node {
			return []*G.Node{apply(op{name: "warp_grad", out: xs,
				run: func(out []float32, in ...[]float32) {
					matrices(m)
					kernels.WarpImagesGrad(out, in[0], m, s)
				},
			}, dy)}
		},
	}, x)
}
