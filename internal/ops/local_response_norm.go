package ops

import (
	"cnntrain/internal/kernels"

	G "gorgonia.org/gorgonia"
)

// LocalResponseNorm is x / (bias + alpha·Σx²)^beta, with the sum over the
// channels at most radius away.
func LocalResponseNorm(x *G.Node, radius int, bias, alpha, beta float64) *G.Node {
	c := x.Shape()[x.Dims()-1]
	s := kernels.LocalResponseNorm{N: x.Shape().TotalSize() / c, C: c, Radius: radius, Bias: bias, Alpha: alpha, Beta: beta}
	return apply(op{
		name: "local_response_norm",
		out:  x.Shape(),
		run:  func(out []float32, in ...[]float32) { s.Apply(out, in[0]) },
		grads: func(_ []*G.Node, _, dy *G.Node) []*G.Node {
			return []*G.Node{apply(op{name: "local_response_norm_grad", out: x.Shape(),
				run: func(out []float32, in ...[]float32) { s.Grad(out, in[0], in[1]) },
			}, x, dy)}
		},
	}, x)
}
