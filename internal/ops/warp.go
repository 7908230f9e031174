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
	s := how.sizes(xs, height, width)
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

// Change is Warp to the same size, with the 6 numbers of a matrix as the amounts of an image.
func (r Resampling) Change() Change {
	return Change{"warp", 6,
		func(out, x, m []float32, of tensor.Shape) { kernels.WarpImages(out, x, m, r.sizes(of, of[1], of[2])) },
		func(dx, _, dy, m []float32, of tensor.Shape) {
			kernels.WarpImagesGrad(dx, dy, m, r.sizes(of, of[1], of[2]))
		},
	}
}

func (r Resampling) sizes(of tensor.Shape, height, width int) kernels.Warp {
	return kernels.Warp{N: of[0], H: of[1], W: of[2], C: of[3], OH: height, OW: width,
		Fill: fills[r.Fill], Value: r.Value, Nearest: r.Nearest}
}
