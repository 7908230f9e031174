package ops

import (
	"cnntrain/internal/kernels"

	G "gorgonia.org/gorgonia"
)

// ReLU is max(x, 0), in one op with the one that computes x where there is such an
// op. Then x itself is left without a reader.
func ReLU(x *G.Node) *G.Node {
	if o, ok := x.Op().(*op); ok && o.withReLU != nil {
		return o.withReLU()
	}
	return apply(op{
		name:   "relu",
		out:    x.Shape(),
		reuses: 1,
		run:    func(out []float32, in ...[]float32) { kernels.ReLU(out, in[0]) },
		grads: func(_ []*G.Node, y, dy *G.Node) []*G.Node {
			return []*G.Node{apply(op{name: "relu_grad", out: x.Shape(), reuses: 2,
				run: func(out []float32, in ...[]float32) { kernels.ReLUGrad(out, in[0], in[1]) },
			}, y, dy)}
		},
	}, x)
}
