package ops

import (
	"cnntrain/internal/kernels"

	G "gorgonia.org/gorgonia"
)

// BinaryCrossentropy is the mean over the batch and the outputs of -yes·log y - no·log(1-y),
// for probabilities y [N,C] and target [N,2C], which is yes, then no. Where y is a
// Sigmoid, loss and gradient are taken from its input, as in Keras.
func BinaryCrossentropy(y, target *G.Node) *G.Node {
	if x, ok := inputOf(y, "sigmoid"); ok {
		return lossOp("sigmoid_crossentropy", x, target, kernels.SigmoidCrossEntropy, kernels.SigmoidCrossEntropyGrad)
	}
	return lossOp("binary_crossentropy", y, target, kernels.BinaryCrossEntropy, kernels.BinaryCrossEntropyGrad)
}

// BinaryFocalCrossentropy is BinaryCrossentropy with the factors yesWeight·(1-y)^gamma and
// noWeight·y^gamma. Where y is a Sigmoid, it too is taken from the input.
func BinaryFocalCrossentropy(y, target *G.Node, gamma, yesWeight, noWeight float64) *G.Node {
	if x, ok := inputOf(y, "sigmoid"); ok {
		return lossOp("sigmoid_focal_crossentropy", x, target,
			func(loss, x, target []float32, n, c int) {
				kernels.SigmoidFocalCrossEntropy(loss, x, target, n, c, gamma, yesWeight, noWeight)
			},
			func(dx, x, target []float32, dloss float32, n, c int) {
				kernels.SigmoidFocalCrossEntropyGrad(dx, x, target, dloss, n, c, gamma, yesWeight, noWeight)
			})
	}
	return lossOp("binary_focal_crossentropy", y, target,
		func(loss, p, target []float32, n, c int) {
			kernels.BinaryFocalCrossEntropy(loss, p, target, n, c, gamma, yesWeight, noWeight)
		},
		func(dp, p, target []float32, dloss float32, n, c int) {
			kernels.BinaryFocalCrossEntropyGrad(dp, p, target, dloss, n, c, gamma, yesWeight, noWeight)
		})
}

// CategoricalFocalCrossentropy is the mean over the batch of
// -Σ alpha·target·(1-y)^gamma·log y, for probabilities y and target [N,C].
func CategoricalFocalCrossentropy(y, target *G.Node, gamma, alpha float64) *G.Node {
	return lossOp("focal_crossentropy", y, target,
		func(loss, p, target []float32, n, c int) {
			kernels.FocalCrossEntropy(loss, p, target, n, c, gamma, alpha)
		},
		func(dp, p, target []float32, dloss float32, n, c int) {
			kernels.FocalCrossEntropyGrad(dp, p, target, dloss, n, c, gamma, alpha)
		})
}
