package train

import (
	"cnntrain/internal/checkpoint"

	G "gorgonia.org/gorgonia"
)

// Model is all that training knows of a model.
type Model interface {
	// Classes is the number of outputs.
	Classes() int
	// Step runs a batch forward and backward and leaves the gradients in Params.
	// step counts from 0 over the whole training and decides what is random.
	// It returns the mean loss and the probabilities [len(labels), Classes],
	// which are good until the next call.
	Step(step int, images []float32, labels []int) (loss float32, probabilities []float32, err error)
	// Evaluate runs a batch forward as in use, and returns what Step does.
	Evaluate(images []float32, labels []int) (loss float32, probabilities []float32, err error)
	// Params is the trainable weights with the gradients of the last Step.
	Params() []G.ValueGrad
	// Weights is every weight; writing to it changes the model.
	Weights() []checkpoint.Tensor
}
