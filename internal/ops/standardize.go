package ops

import (
	"cnntrain/internal/kernels"

	G "gorgonia.org/gorgonia"
)

// Standardize is (x - mean)/√variance per channel, the last axis of x, or with invert
// x·√variance + mean. mean and variance [C] have no gradient.
func Standardize(x, mean, variance *G.Node, invert bool) *G.Node {
	return standardize(x, invert, nil, nil, mean, variance)
}

// StandardizeBy is [Standardize] by fixed numbers, one per channel or one for all.
func StandardizeBy(x *G.Node, mean, variance []float32, invert bool) *G.Node {
	return standardize(x, invert, mean, variance)
}

// standardize takes mean and variance from further inputs, or from the slices.
func standardize(x *G.Node, invert bool, mean, variance []float32, further ...*G.Node) *G.Node {
	xs := x.Shape()
	c := xs[len(xs)-1]
	n, s := xs.TotalSize()/c, kernels.NewStandardizer(c)
	set := func(further [][]float32) {
		if len(further) > 0 {
			s.Set(further[0], further[1], invert)
		} else {
			s.Set(mean, variance, invert)
		}
	}
	return apply(op{
		name: "standardize", out: xs, reuses: 1, constant: len(further),
		run: func(out []float32, in ...[]float32) {
			set(in[1:])
			s.Apply(out, in[0], n)
		},
		grads: func(_ []*G.Node, _, dy *G.Node) []*G.Node {
			grads := []*G.Node{apply(op{name: "standardize_grad", out: xs, reuses: 1,
				run: func(out []float32, in ...[]float32) {
					set(in[1:])
					s.Grad(out, in[0], n)
				},
			}, append([]*G.Node{dy}, further...)...)}
			return append(grads, make([]*G.Node, len(further))...)
		},
	}, append([]*G.Node{x}, further...)...)
}
