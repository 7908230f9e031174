// Package callback holds what acts between the steps of training, one file each.
package callback

import (
	"context"
	"errors"

	"cnntrain/internal/catalog"
	"cnntrain/internal/checkpoint"
)

// A Callback is called as training goes on. Any of its functions may be nil; an
// error from one ends training with that error.
type Callback struct {
	Start func(*State) error // before the first epoch
	Batch func(*State) error // after each training step
	Epoch func(*State) error // after each epoch and its validation
	End   func(*State) error // once, however training ended

	// Kept is pointers to all that the callback remembers from one step to the next and
	// encoding/json can write, in a fixed order. Tensors returns the weights it
	// remembers besides, as those say that it does: their names, shapes and its own memory.
	Kept    []any
	Tensors func(*State) []checkpoint.Tensor

	// Watches is the value that decides what the callback does, if one does, and
	// PicksBest says that the best weights are those with its best value.
	Watches   *Monitor
	PicksBest bool
}

// Callbacks is every callback a spec may name. A spec's callbacks are called in
// the alphabetical order of their names, and before those of the program.
var Callbacks = catalog.New[Callback]("callback")

// State is what a callback sees of the training, and may change of it.
type State struct {
	Epoch, Epochs int // the current epoch, from 1, and how many there are to be
	Step, Steps   int // the current step of the epoch, from 1, and how many it has

	// Logs is the means over the epoch so far: loss and metrics, after the
	// epoch also those of the validation data, with val_ in front.
	Logs Logs

	LearningRate float64             // of the steps to come, before the schedule
	StepRate     float64             // the learning rate that the last step had
	Weights      []checkpoint.Tensor // the model's own: writing to them changes the model
	Restored     int                 // the epoch whose weights a callback has put back; 0 if none
	Stopped      string              // why training ends early; empty if it does not
	Err          error               // at End: what broke training off
}

// A Log is a named figure.
type Log struct {
	Name  string
	Value float64
}

// Logs is figures in the order they are shown in.
type Logs []Log

// Get returns the figure called name.
func (l Logs) Get(name string) (float64, bool) {
	for _, log := range l {
		if log.Name == name {
			return log.Value, true
		}
	}
	return 0, false
}

// snapshot copies weights into old, which it returns, made new if it is nil.
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

// Interrupted reports, at End, whether someone asked training to stop.
func (s *State) Interrupted() bool { return errors.Is(s.Err, context.Canceled) }
