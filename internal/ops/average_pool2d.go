package ops

import (
	"cnntrain/internal/kernels"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// AveragePool2D is the mean of each window of x [N,H,W,C], per channel; padding
// does not count.
func AveragePool2D(x *G.Node, size, strides [2]int, same bool) *G.Node {
	xs := x.Shape()
	s := kernels.NewPool(xs[0], xs[1], xs[2], xs[3], size[0], size[1], strides[0], strides[1], same)
	return apply(op{
		name: "average_pool2d",
		out:  tensor.Shape{s.N, s.OH, s.OW, s.C},
		run:  func(out []float32, in ...[]float32) { kernels.AveragePool2D(out, in[0], s) },
		grads: func(_ []*G.Node, _, dy *G.Node) []*G.Node {
			return []*G.Node{apply(op{name: "average_pool2d_grad", out: xs,
				run: func(out []float32, in ...[]float32) { kernels.AveragePool2DGrad(out, in[0], s) },
			}, dy)}
		},
	}, x)
}
