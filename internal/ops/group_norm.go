package ops

import (
	"cnntrain/internal/kernels"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// GroupNorm normalizes each example of x [N,...,C] within groups of neighbouring channels,
// over all other axes. gamma and beta [C] may be nil, for 1 and 0.
func GroupNorm(x, gamma, beta *G.Node, groups int, epsilon float64) *G.Node {
	xs := x.Shape()
	n, c := xs[0], xs[len(xs)-1]
	return groupNorm("group_norm", x, gamma, beta, kernels.GroupNorm{N: n, Pixels: xs.TotalSize() / n / c, C: c, Groups: groups, Epsilon: epsilon})
}

// LayerNorm normalizes x over its last axes, as many as given, for each index of the
// others. gamma and beta, of the shape of these axes, may be nil, for 1 and 0.
func LayerNorm(x, gamma, beta *G.Node, axes int, epsilon float64) *G.Node {
	xs := x.Shape()
	c := xs[len(xs)-axes:].TotalSize()
	return groupNorm("layer_norm", x, gamma, beta, kernels.GroupNorm{N: xs.TotalSize() / c, Pixels: 1, C: c, Groups: 1, Epsilon: epsilon})
}

func groupNorm(name string, x, gamma, beta *G.Node, s kernels.GroupNorm) *G.Node {
	in := []*G.Node{x}
	if gamma != nil {
		in = append(in, gamma)
	}
	if beta != nil {
		in = append(in, beta)
	}
	// gammaOf returns gamma, if there is one, and what follows it.
	gammaOf := func(in [][]float32) (g []float32, rest [][]float32) {
		if gamma == nil {
			return nil, in
		}
		return in[0], in[1:]
	}
	return apply(op{
		name: name, out: x.Shape(), reuses: 1,
		run: func(out []float32, in ...[]float32) {
			gamma, rest := gammaOf(in[1:])
			var beta []float32
			if len(rest) > 0 {
				beta = rest[0]
			}
			s.Apply(out, in[0], gamma, beta)
		},
		grads: func(_ []*G.Node, _, dy *G.Node) []*G.Node {
			inputs := []*G.Node{x, dy}
			if gamma != nil {
				inputs = append(inputs, gamma)
			}
			grads := []*G.Node{apply(op{name: name + "_grad", out: x.Shape(),
				run: func(out []float32, in ...[]float32) {
					gamma, _ := gammaOf(in[2:])
					s.Grad(out, in[0], in[1], gamma)
				},
			}, inputs...)}
			if gamma == nil && beta == nil {
				return grads
			}
			sums := apply(op{name: name + "_grad_sums", out: tensor.Shape{2, s.C},
				run: func(out []float32, in ...[]float32) { s.GradSums(out[:s.C], out[s.C:], in[0], in[1]) },
			}, x, dy)
			if gamma != nil {
				grads = append(grads, shapedAs(gamma, row(sums, 1)))
			}
			if beta != nil {
				grads = append(grads, shapedAs(beta, row(sums, 0)))
			}
			return grads
		},
	}, in...)
}

// shapedAs returns x in the shape of another node.
func shapedAs(of, x *G.Node) *G.Node {
	if x.Shape().Eq(of.Shape()) {
		return x
	}
	return Reshape(x, of.Shape())
}

// UnitNorm divides x by its Euclidean norm over its last axes, as many as given.
func UnitNorm(x *G.Node, axes int) *G.Node {
	xs := x.Shape()
	c := xs[len(xs)-axes:].TotalSize()
	n := xs.TotalSize() / c
	return apply(op{
		name: "unit_norm", out: xs, reuses: 1,
		run: func(out []float32, in ...[]float32) { kernels.UnitNorm(out, in[0], n, c) },
		grads: func(_ []*G.Node, _, dy *G.Node) []*G.Node {
			return []*G.Node{apply(op{name: "unit_norm_grad", out: xs, reuses: 2,
				run: func(out []float32, in ...[]float32) { kernels.UnitNormGrad(out, in[0], in[1], n, c) },
			}, x, dy)}
		},
	}, x)
}
