package ops

import (
	"cnntrain/internal/kernels"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// GlobalMaxPool is the largest value of each map of x [N,H,W,C]: [N,C].
func GlobalMaxPool(x *G.Node) *G.Node {
	xs := x.Shape()
	n, pixels, c := xs[0], xs[1]*xs[2], xs[3]
	return apply(op{
		name: "global_max_pool",
		out:  tensor.Shape{n, c},
		run:  func(out []float32, in ...[]float32) { kernels.GlobalMaxPool(out, in[0], n, pixels, c) },
		grads: func(_ []*G.Node, y, dy *G.Node) []*G.Node {
			return []*G.Node{apply(op{name: "global_max_pool_grad", out: xs,
				run: func(out []float32, in ...[]float32) {
					kernels.GlobalMaxPoolGrad(out, in[0], in[1], in[2], n, pixels, c)
				},
			}, x, y, dy)}
		},
	}, x)
}
