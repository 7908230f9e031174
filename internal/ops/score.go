package ops

import (
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Score is Σ target·x over all values. Where y is a softmax or a sigmoid, x is its input, else
// y itself. Its gradient depends only on the evidence for the class, not on that for other
// classes.
func Score(y, target *G.Node) *G.Node {
	x, ok := inputOf(y, "softmax")
	if !ok {
		x, ok = inputOf(y, "sigmoid")
	}
	if !ok {
		x = y
	}
	return apply(op{
		name: "score",
		out:  tensor.ScalarShape(), constant: 1,
		run: func(out []float32, in ...[]float32) {
			sum := float32(0)
			for i, v := range in[0] {
				sum += float32(v * in[1][i])
			}
			out[0] = sum
		},
		grads: func(in []*G.Node, _, dscore *G.Node) []*G.Node {
			return []*G.Node{apply(op{name: "score_grad", out: x.Shape(),
				run: func(out []float32, in ...[]float32) {
					for i, v := range in[0] {
						out[i] = v * in[1][0]
					}
				},
			}, target, dscore), nil}
		},
	}, x, target)
}
