// Package optimizer holds the ways weights follow their gradients, one file each.
package optimizer

import (
	"fmt"

	"cnntrain/internal/catalog"
	"cnntrain/internal/checkpoint"

	G "gorgonia.org/gorgonia"
)

// An Optimizer is a gorgonia.Solver whose learning rate may change between steps.
//
// Step takes the same weights in the same order each time; it changes their
// values, and the gradients where it clips them. It returns a NonFiniteError, and
// leaves things half done, if a weight is no longer finite.
type Optimizer interface {
	G.Solver
	LearningRate() float64
	SetLearningRate(float64)

	// Iterations returns how many steps were taken. Together with State it is all
	// that an optimizer remembers between two steps.
	Iterations() int
	SetIterations(int)
	// Join makes it one of several optimizers, each of which has pieces of the weights: Step
	// gets these. norms replaces sums of squares, of each piece, by those of the whole
	// weight, and returns that of all weights; updated is called after each piece's update.
	Join(norms func(squares []float64) (total float64), updated func(i int))
	// State returns what is remembered of each of the weights, named SLOT/INDEX
	// (velocity/0), in a fixed order. The data is the optimizer's own: writing to it
	// changes what the next step does.
	State(weights []G.ValueGrad) ([]checkpoint.Tensor, error)
}

// A NonFiniteError says that a step made a weight NaN or infinite.
type NonFiniteError struct {
	Index    int  // of the weight
	Gradient bool // its gradient was so already
}

func (e *NonFiniteError) Error() string {
	if e.Gradient {
		return fmt.Sprintf("the gradient of weight %d is not finite", e.Index)
	}
	return fmt.Sprintf("weight %d is not finite", e.Index)
}

// Optimizers is every optimizer a spec may name.
var Optimizers = catalog.New[Optimizer]("optimizer")
