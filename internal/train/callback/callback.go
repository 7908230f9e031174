// Package callback holds the callbacks, which act between the steps of training, one file
// each.
package callback

import (
	"context"
	"errors"

	"cnntrain/internal/catalog"
	"cnntrain/internal/checkpoint"
)

// A Callback is called during training. Any of its functions may be nil; training ends with
// the first error that one returns.
type Callback struct {
	Start func(*State) error // before the first epoch
	Batch func(*State) error // after each training step
	Epoch func(*State) error // after each epoch and its validation
	Phase func(*State) error // after the first of two phases; with Stopped, if that ended it early
	End   func(*State) error // once, also after an error

	// Kept is pointers to the callback's state, which encoding/json can encode in a fixed
	// order. Tensors returns the weights that are also part of its state, once Kept is
	// restored: their names, shapes and the callback's own memory.
	Kept    []any
	Tensors func(*State) []checkpoint.Tensor

	// Watches is the value that determines what the callback does, if there is one.
	// PicksBest says that it selects the best weights by the best value.
	Watches   *Monitor
	PicksBest bool
}

// Callbacks is the catalog of callbacks that a spec can name. The callbacks of a spec are
// called in alphabetical order of their names, before those of the program.
var Callbacks = catalog.New[Callback]("callback")

// State is the state of the training as callbacks see it. They may change parts of it.
type State struct {
	Epoch, Epochs int // the current epoch, from 1, and the number of epochs
	Step, Steps   int // the current step of the epoch, from 1, and the number of its steps

	// Logs holds the means over the epoch so far: loss and metrics; after the epoch also
	// those of the validation data, prefixed with val_.
	Logs Logs

	StepLoss float64 // mean loss of the last step

	LearningRate float64             // of the next steps, before the schedule
	StepRate     float64             // learning rate of the last step
	Weights      []checkpoint.Tensor // not copied: writing to them changes the model
	Restored     int                 // epoch whose weights a callback has restored; 0 if none
	Stopped      string              // reason for ending training early; empty if there is none
	Err          error               // at End: the error that stopped training
}

// A Log is a named value.
type Log struct {
	Name  string
	Value float64
}

// Logs is a list of values in the order of display.
type Logs []Log

// Get returns the value called name.
func (l Logs) Get(name string) (float64, bool) {
	for _, log := range l {
		if log.Name == name {
			return log.Value, true
		}
	}
	return 0, false
}

// snapshot copies weights to old and returns it; it allocates old if that is nil.
func snapshot(old [][]float32, weights []checkpoint.Tensor) [][]float32 {
	if old == nil {
		old = make([][]float32, len(weights))
		for i, w := range weights {
			old[i] = make([]float32, len(w.Data))
		}
	}
	for i, w := range weights {
		copy(old[i], w.Data)
	}
	return old
}

// Interrupted reports, at End, whether training was stopped on request.
func (s *State) Interrupted() bool { return errors.Is(s.Err, context.Canceled) }
