package ops

import (
	"cnntrain/internal/kernels"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// CategoricalCrossentropy is the mean over the batch of -Σ target·log y, for probabilities
// y and target [N,C]. If y is a Softmax, loss and gradient are computed from its input,
// which is numerically stable; Keras does the same.
func CategoricalCrossentropy(y, target *G.Node) *G.Node {
	n, c := y.Shape()[0], y.Shape()[1]
	if x, ok := logits(y); ok {
		return apply(op{
			name: "softmax_crossentropy",
			out:  tensor.ScalarShape(), constant: 1,
			run: func(out []float32, in ...[]float32) { kernels.SoftmaxCrossEntropy(out, in[0], in[1], n, c) },
			grads: func(in []*G.Node, _, dloss *G.Node) []*G.Node {
				return []*G.Node{apply(op{name: "softmax_crossentropy_grad", out: tensor.Shape{n, c},
					run: func(out []float32, in ...[]float32) {
						kernels.SoftmaxCrossEntropyGrad(out, in[0], in[1], in[2][0], n, c)
					},
				}, x, target, dloss), nil}
			},
		}, x, target)
	}
	return apply(op{
		name: "crossentropy",
		out:  tensor.ScalarShape(), constant: 1,
		run: func(out []float32, in ...[]float32) { kernels.CrossEntropy(out, in[0], in[1], n, c) },
		grads: func(in []*G.Node, _, dloss *G.Node) []*G.Node {
			return []*G.Node{apply(op{name: "crossentropy_grad", out: tensor.Shape{n, c},
				run: func(out []float32, in ...[]float32) {
					kernels.CrossEntropyGrad(out, in[0], in[1], in[2][0], n, c)
				},
			}, y, target, dloss), nil}
		},
	}, y, target)
}
