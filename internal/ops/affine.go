package ops

import (
	"cnntrain/internal/kernels"

	G "gorgonia.org/gorgonia"
)

// Affine is x·scale + offset.
func Affine(x *G.Node, scale, offset float32) *G.Node {
	return apply(op{
		name:   "affine",
		out:    x.Shape(),
		reuses: 1,
		run:    func(out []float32, in ...[]float32) { kernels.Affine(out, in[0], scale, offset) },
		grads: func(_ []*G.Node, _, dy *G.Node) []*G.Node {
			return []*G.Node{Affine(dy, scale, 0)}
		},
	}, x)
}
