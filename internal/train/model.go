package train

import (
	"cnntrain/internal/checkpoint"

	G "gorgonia.org/gorgonia"
)

// A Predictor says how likely each class is for an image.
type Predictor interface {
	// Classes is the number of outputs.
	Classes() int
	// Evaluate runs a batch forward as in use. It returns the mean loss, to which
	// a label below 0 adds nothing, and the probabilities [len(labels), Classes],
	// which are good until the next call.
	Evaluate(images []float32, labels []int) (loss float32, probabilities []float32, err error)
}

// Model is all that training knows of a model.
type Model interface {
	Predictor
	// Prepare does to n images what comes before a training step: augmentation. They
	// are those from first on of the whole batch.
	// It returns what Step takes, which is good until the next but one Prepare. It
	// may run beside the other methods.
	Prepare(step, first int, images []float32, n int) ([]float32, error)
	// Step runs a prepared batch forward and backward and leaves the gradients in Params.
	// step counts from 0 over the whole training and decides, with the place of each
	// image in the whole batch, which begins at first, what is random.
	// It returns the mean loss and the probabilities [len(labels), Classes],
	// which are good until the next call.
	Step(step, first int, prepared []float32, labels []int) (loss float32, probabilities []float32, err error)
	// Params is the trainable weights with the gradients of the last Step, which
	// are good until the next call of Step or Evaluate.
	Params() []G.ValueGrad
	// ParamName is the name that the weight at an index of Params has in Weights.
	ParamName(i int) string
	// FirstNonFinite computes the last Step again and names the first layer that NaN or
	// infinities come out of; empty if there is none. Nothing may have changed a
	// trainable weight since.
	FirstNonFinite() (layer string, err error)
	// Join makes the model one of several that share each batch: mean replaces values by
	// their mean over the whole batch, and Step calls ready for each gradient it has
	// computed, in the same order in every model.
	Join(mean func(values []float64), ready func(param int, gradient []float32))
	// Moving is the weights that Step itself changes: moving averages.
	Moving() [][]float32
	// Weights is every weight; writing to it changes the model.
	Weights() []checkpoint.Tensor
}
