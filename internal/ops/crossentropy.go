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
	if x, ok := inputOf(y, "softmax"); ok {
		return lossOp("softmax_crossentropy", x, target, kernels.SoftmaxCrossEntropy, kernels.SoftmaxCrossEntropyGrad)
	}
	return lossOp("crossentropy", y, target, kernels.CrossEntropy, kernels.CrossEntropyGrad)
}

// lossOp is a loss of y [N,C], a scalar. The target has no gradient.
func lossOp(name string, y, target *G.Node, loss func(loss, y, target []float32, n, c int), grad func(dy, y, target []float32, dloss float32, n, c int)) *G.Node {
	n, c := y.Shape()[0], y.Shape()[1]
	return apply(op{
		name: name,
		out:  tensor.ScalarShape(), constant: 1,
		run: func(out []float32, in ...[]float32) { loss(out, in[0], in[1], n, c) },
		grads: func(in []*G.Node, _, dloss *G.Node) []*G.Node {
			return []*G.Node{apply(op{name: name + "_grad", out: tensor.Shape{n, c},
				run: func(out []float32, in ...[]float32) { grad(out, in[0], in[1], in[2][0], n, c) },
			}, y, target, dloss), nil}
		},
	}, y, target)
}
