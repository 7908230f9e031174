package ops

import (
	"cnntrain/internal/kernels"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// PReLU is x [N,...] where that is positive, else x times a slope of alpha, whose shape is
// that of one example with 1 for the axes that share slopes.
func PReLU(x, alpha *G.Node) *G.Node {
	xs, as := x.Shape(), alpha.Shape()
	n, of := xs[0], sharedIndex(xs[1:], as)
	return apply(op{
		name: "prelu", out: xs, reuses: 1,
		run: func(out []float32, in ...[]float32) { kernels.PReLU(out, in[0], in[1], of, n, as.TotalSize()) },
		grads: func(_ []*G.Node, _, dy *G.Node) []*G.Node {
			return []*G.Node{
				apply(op{name: "prelu_grad_x", out: xs, reuses: 2,
					run: func(out []float32, in ...[]float32) {
						kernels.PReLUGradX(out, in[0], in[1], in[2], of, n, as.TotalSize())
					},
				}, x, dy, alpha),
				apply(op{name: "prelu_grad_alpha", out: as,
					run: func(out []float32, in ...[]float32) { kernels.PReLUGradAlpha(out, in[0], in[1], of, n, as.TotalSize()) },
				}, x, dy),
			}
		},
	}, x, alpha)
}

// sharedIndex returns, for each value of a tensor of shape x, the index of its value in a
// tensor of shape shared, which has the same axes or 1 in their place.
func sharedIndex(x, shared tensor.Shape) []int32 {
	index := make([]int32, x.TotalSize())
	for i := range index {
		at, step, rest := 0, 1, i
		for axis := len(x) - 1; axis >= 0; axis-- {
			if shared[axis] > 1 {
				at += rest % x[axis] * step
			}
			rest /= x[axis]
			step *= shared[axis]
		}
		index[i] = int32(at)
	}
	return index
}
