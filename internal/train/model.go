package train

import (
	"cnntrain/internal/batch"
	"cnntrain/internal/checkpoint"

	G "gorgonia.org/gorgonia"
)

// A Predictor predicts the probability of each class for images.
type Predictor interface {
	// Classes is the number of classes.
	Classes() int
	// Outputs is the number of outputs, which is that of the classes, or 1 for the
	// probability of the second of two. separate says that each is a decision of its own:
	// of several outputs, several classes can be true, or none.
	Outputs() (n int, separate bool)
	// Truth returns which classes are true of an image with the given label.
	Truth(label int) []bool
	// Evaluate runs a batch forward in inference mode. It returns the mean loss, to which a
	// label below 0 adds nothing, and the probabilities [len(labels), Classes], valid until
	// the next call.
	Evaluate(images []float32, labels []int) (loss float32, probabilities []float32, err error)
}

// Model is the interface through which training uses a model.
type Model interface {
	Predictor
	// Mixes returns how many of the next examples of the global batch, around its end, Prepare
	// needs after those of a share.
	Mixes() int
	// Prepare augments a batch for a training step. It returns the input of Step, valid until
	// the second next call of Prepare. It may run concurrently with the other methods.
	Prepare(loaded batch.Loaded) (batch.Prepared, error)
	// Step runs a prepared batch forward and backward and leaves the gradients in Params.
	// Random numbers depend on the step and on the position of each image in the global batch.
	// It returns the mean loss and the probabilities [n, Classes], valid until the next call.
	Step(prepared batch.Prepared) (loss float32, probabilities []float32, err error)
	// Observe runs a prepared batch forward as Step does, for Moving alone, whose values become
	// the means over this batch and n earlier ones.
	Observe(prepared batch.Prepared, n int) error
	// Params returns the trainable weights with the gradients of the last Step, valid until
	// the next call of Step or Evaluate.
	Params() []G.ValueGrad
	// ParamName returns the name in Weights of the weight at an index of Params.
	ParamName(i int) string
	// FirstNonFinite repeats the last Step and returns the name of the first layer whose
	// output has NaN or infinities; "" if there is none. Trainable weights must not have
	// changed since.
	FirstNonFinite() (layer string, err error)
	// Join makes the model one of several that share each batch: mean replaces values by
	// their mean over the global batch, and Step calls ready for each gradient when it is
	// complete, in the same order in every model.
	Join(mean func(values []float64), ready func(param int, gradient []float32))
	// Moving returns the weights that Step itself updates: moving averages.
	Moving() [][]float32
	// Base returns the number of values of the outputs of the base for one image: of the layers
	// that compute the same of it in every epoch of the current phase. It is 0 if there are none.
	Base() int
	// Copies returns the number of augmented copies of each image from which the base is
	// computed; 0: it is computed from the image itself.
	Copies() int
	// Extract computes the outputs of the base, [n,Base], of n images, in training those that
	// Prepare returned. Each image has the same outputs in every batch.
	Extract(images []float32, n int, training bool, outputs []float32) error
	// EvaluateRest is Evaluate with outputs of the base in place of images; Step takes them in a
	// batch whose Rest is set.
	EvaluateRest(outputs []float32, labels []int) (loss float32, probabilities []float32, err error)
	// FineTune begins the second phase of a training, in which Params includes weights that were
	// frozen before.
	FineTune()
	// Weights returns every weight; writing to it changes the model.
	Weights() []checkpoint.Tensor
}
