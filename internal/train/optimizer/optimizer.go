// Package optimizer holds the optimizers, one file each.
package optimizer

import (
	"fmt"

	"cnntrain/internal/catalog"
	"cnntrain/internal/checkpoint"

	G "gorgonia.org/gorgonia"
)

// An Optimizer is a gorgonia.Solver whose learning rate may change between steps.
//
// Step takes the same weights in the same order each time; it changes their values, and,
// with clipping, the gradients. It returns a NonFiniteError, with some weights not updated,
// if a weight becomes NaN or infinite.
type Optimizer interface {
	G.Solver
	LearningRate() float64
	SetLearningRate(float64)
	// HasMomentum reports whether the optimizer has a momentum, which SetMomentum changes for
	// the next steps: beta_1 of Adam and its like.
	HasMomentum() bool
	SetMomentum(float64)
	// DividesByRate reports whether a step divides by the learning rate, so that 0 is not finite.
	DividesByRate() bool
	// SetProgress says what fraction of the training is done when the next step is.
	SetProgress(float64)
	// Progresses reports whether that changes anything.
	Progresses() bool
	// EndEpoch follows the weights at the end of an epoch, the given one from 1 on.
	EndEpoch(weights []G.ValueGrad, epoch int) error
	// Averages reports whether what Swap puts in place after an epoch is a mean of weights of
	// several epochs. Statistics of batches, as batch normalization keeps them, do not belong
	// to it.
	Averages(epoch int) bool

	// Named tells the optimizer the names, LAYER/WEIGHT, of the weights of Step, in their
	// order. It returns what its options name that is none of them. Without it, all weights
	// have the same learning rate and the same weight decay.
	Named(weights []string) []Unmatched

	// Iterations returns the number of completed steps. Together with State it is the
	// complete state of the optimizer between two steps.
	Iterations() int
	SetIterations(int)
	// Reset forgets the steps so far. The next one may be for other weights.
	Reset()
	// Join makes it one of several optimizers, each of which has pieces of the weights and
	// is stepped with these.
	Join(Parts)
	// State returns the state tensors of the weights, named SLOT/INDEX (velocity/0), in a
	// fixed order. The data is not copied: writing to it changes the next step.
	//
	// It includes the averages or slow weights, in [HiddenSlot], if the optimizer has them.
	State(weights []G.ValueGrad) ([]checkpoint.Tensor, error)
	// Swap exchanges the weights, which Step changes, with their averages or slow weights,
	// which are for evaluation. It reports whether the optimizer has such; without, it does
	// nothing.
	Swap(weights []G.ValueGrad) (swapped bool, err error)
}

// Parts connects an optimizer that has pieces of the weights with those that have the others.
type Parts struct {
	Shapes [][]int                        // of the whole weights
	Of     func(i int) (weight, from int) // what piece i is of, and the index of its first value there

	// Norms replaces the sums of squares of the pieces by those of the whole weights, and
	// returns the sum over all weights.
	Norms   func(squares []float64) (total float64)
	Sum     func(values []float64) // replaces values by their sums over all optimizers
	Updated func(i int)            // is called after each piece's update
}

// HiddenSlot is the name of the state that [Optimizer.Swap] exchanges with the weights. In a
// saved training the weights are the averages, and this is what Step goes on with.
const HiddenSlot = "trained"

// A NonFiniteError says that a step made a weight NaN or infinite.
type NonFiniteError struct {
	Index    int  // of the weight
	Gradient bool // its gradient was not finite
}

func (e *NonFiniteError) Error() string {
	if e.Gradient {
		return fmt.Sprintf("the gradient of weight %d is not finite", e.Index)
	}
	return fmt.Sprintf("weight %d is not finite", e.Index)
}

// Optimizers is the catalog of optimizers that a spec can name.
var Optimizers = catalog.New[Optimizer]("optimizer")
