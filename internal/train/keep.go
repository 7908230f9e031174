package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"cnntrain/internal/checkpoint"
)

// Keep says how a training is kept, so that one that is broken off can go on and
// end as if it never had been.
type Keep struct {
	From  *Saved             // what to go on from; nil: the start
	Every time.Duration      // the longest time between two calls of Save within an epoch; 0: any
	Save  func(*Saved) error // called after each epoch and when ctx breaks training off

	// Back returns what was saved at the end of the last epoch that had one; reason is
	// why training goes back. It is called where the spec says on_nan: lower-lr.
	Back func(reason error) (*Saved, error)
}

// Saved is all that a training remembers between two steps.
type Saved struct {
	Epoch  int    // whose weights they are: the current one, or that put back at the end
	Within bool   // its epoch has steps yet to do
	State  string // the rest, as JSON
	// Tensors is the weights, under the names they have in the model, and tensors of the
	// training, whose names begin with StatePrefix.
	Tensors []checkpoint.Tensor
}

// StatePrefix is what no name of a weight begins with.
const StatePrefix = "state."

// position is the JSON of Saved.State.
type position struct {
	Epochs       int                 `json:"epochs"` // done, with their validation and callbacks
	Step         int                 `json:"step"`   // steps done of the next one
	Iterations   int                 `json:"iterations"`
	LearningRate float64             `json:"learning_rate"`
	StepRate     float64             `json:"step_rate"`
	Lowered      int                 `json:"lowered"` // times the learning rate was halved after NaN
	Stopped      string              `json:"stopped,omitempty"`
	Restored     int                 `json:"restored,omitempty"` // the epoch whose weights were put back
	Loss         float64             `json:"loss"`               // the sums of the epoch so far
	Scores       []float64           `json:"scores"`
	Examples     int                 `json:"examples"`
	Callbacks    [][]json.RawMessage `json:"callbacks"` // what each of them kept
}

// save hands over the state as it is between two steps. Who leads does so for all.
func (f *fitting) save() error { return f.peers.agree(f.saveHere()) }

func (f *fitting) saveHere() error {
	state, err := f.peers.state()
	if err != nil || f.keep.Save == nil {
		return err
	}
	if err := f.checkWeights(); err != nil {
		return err // the last good state is worth more
	}
	p := &position{
		Epochs: f.done, Iterations: f.Optimizer.Iterations(), LearningRate: f.state.LearningRate,
		StepRate: f.state.StepRate, Lowered: f.lowered, Stopped: f.state.Stopped, Restored: f.state.Restored,
	}
	if f.done < f.state.Epoch {
		p.Step, p.Loss, p.Scores, p.Examples = f.state.Step, f.sums.figures[0], f.sums.figures[1:], f.sums.n
	}
	if p.Callbacks, err = f.kept(); err != nil {
		return err
	}
	text, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("saving the state of the training: %w", err)
	}
	epoch := f.state.Epoch
	if f.state.Restored > 0 {
		epoch = f.state.Restored
	}
	f.saved = time.Now()
	return f.keep.Save(&Saved{Epoch: epoch, Within: p.Step > 0, State: string(text), Tensors: f.tensors(state)})
}

// A Progress says how far a training was when a state was saved.
type Progress struct {
	Iterations    int     // steps done in all
	StepsPerEpoch int     // 0 while it is not known: within the first epoch
	LearningRate  float64 // of the optimizer, before the schedule, as callbacks left it
	StepRate      float64 // of the last step
}

// ReadProgress reads Saved.State.
func ReadProgress(state string) (Progress, error) {
	var at position
	if err := json.Unmarshal([]byte(state), &at); err != nil {
		return Progress{}, fmt.Errorf("the state of the training: %w", err)
	}
	p := Progress{Iterations: at.Iterations, LearningRate: at.LearningRate, StepRate: at.StepRate}
	if at.Epochs > 0 {
		p.StepsPerEpoch = (at.Iterations - at.Step) / at.Epochs
	}
	return p, nil
}

// OptimizerPrefix begins the names of the tensors in a state that are the optimizer's.
const OptimizerPrefix = StatePrefix + "optimizer/"

// kept is what the callbacks remember.
func (f *fitting) kept() ([][]json.RawMessage, error) {
	all := make([][]json.RawMessage, len(f.callbacks))
	for i, cb := range f.callbacks {
		for _, v := range cb.Kept {
			text, err := json.Marshal(v)
			if err != nil {
				return nil, fmt.Errorf("saving the state of the training: %w", err)
			}
			all[i] = append(all[i], text)
		}
	}
	return all, nil
}

// tensors is the memory of everything that Saved has as tensors, but for the optimizer's
// state, which is given.
func (f *fitting) tensors(state []checkpoint.Tensor) []checkpoint.Tensor {
	all := slices.Clone(f.model.Weights())
	all = append(all, prefixed("optimizer", state)...)
	for i, cb := range f.callbacks {
		if cb.Tensors != nil {
			all = append(all, prefixed(fmt.Sprintf("callback-%d", i), cb.Tensors(f.state))...)
		}
	}
	return all
}

// prefixed marks tensors as the state of something.
func prefixed(of string, tensors []checkpoint.Tensor) []checkpoint.Tensor {
	tensors = slices.Clone(tensors)
	for i := range tensors {
		tensors[i].Name = StatePrefix + of + "/" + tensors[i].Name
	}
	return tensors
}

// errOtherTraining says that a state is not of this training. It carries a digest, so it
// was not damaged on the disk.
var errOtherTraining = errors.New("the saved state is of another training or another version of the program")

// restoreAll restores, of all peers, what the one that leads has; nothing where that is nil.
func (f *fitting) restoreAll(s *Saved) error {
	s, err := f.peers.spread(s)
	if err == nil && s != nil {
		err = f.restore(s)
	}
	return f.peers.agree(err)
}

// restore puts everything back as it was when s was saved.
func (f *fitting) restore(s *Saved) error {
	p, err := f.decode(s.State)
	if err != nil {
		return fmt.Errorf("%w: %w", errOtherTraining, err)
	}
	f.done, f.lowered, f.over = p.Epochs, p.Lowered, p.Restored > 0
	f.state.Epoch, f.state.Step = p.Epochs, f.state.Steps
	f.sums = newSums(f.Metrics, f.model.Classes())
	if p.Step > 0 {
		f.state.Epoch, f.state.Step = p.Epochs+1, p.Step
		f.sums.figures, f.sums.n = append([]float64{p.Loss}, p.Scores...), p.Examples
	}
	f.state.LearningRate, f.state.StepRate, f.state.Stopped = p.LearningRate, p.StepRate, p.Stopped
	f.Optimizer.SetIterations(p.Iterations)
	return f.peers.setState(func(state []checkpoint.Tensor) error {
		want := f.tensors(state) // which asks the callbacks, whose state is back
		if err := checkpoint.Match(s.Tensors, want); err != nil {
			return fmt.Errorf("%w: %w", errOtherTraining, err)
		}
		if err := checkpoint.Finite(s.Tensors); err != nil {
			return err
		}
		from := checkpoint.File{Tensors: s.Tensors}
		for _, w := range want {
			t, _ := from.Tensor(w.Name)
			copy(w.Data, t.Data)
		}
		return nil
	})
}

// decode reads a position and gives the callbacks back what they kept.
func (f *fitting) decode(state string) (*position, error) {
	p := &position{}
	if err := json.Unmarshal([]byte(state), p); err != nil {
		return nil, err
	}
	if p.Epochs < 0 || p.Epochs > f.Epochs || p.Step < 0 || p.Step > f.state.Steps || p.Step > 0 && p.Epochs == f.Epochs {
		return nil, fmt.Errorf("epoch %d, step %d is beyond the end", p.Epochs, p.Step)
	}
	callbacks := len(p.Callbacks)
	if !f.peers.leads() {
		callbacks = min(callbacks, len(f.callbacks)) // who leads has more
	}
	if callbacks != len(f.callbacks) || p.Step > 0 && len(p.Scores)+1 != len(f.batch.figures) {
		return nil, errors.New("it has other callbacks or metrics")
	}
	for i, cb := range f.callbacks {
		if len(p.Callbacks[i]) != len(cb.Kept) {
			return nil, fmt.Errorf("callback %d keeps something else", i)
		}
		for j, v := range cb.Kept {
			if err := json.Unmarshal(p.Callbacks[i][j], v); err != nil {
				return nil, fmt.Errorf("callback %d: %w", i, err)
			}
		}
	}
	return p, nil
}

// mostLowered is how often the learning rate is halved before training gives up.
const mostLowered = 10

// goBack returns to the end of the epoch before, with half the learning rate, if that is
// what the spec wants; else, or if it does not help, it returns the reason.
func (f *fitting) goBack(reason error) error {
	if f.OnNaN != lowerRate {
		return fmt.Errorf("%w; rescaled input, a lower learning rate or on_nan: lower-lr usually helps", reason)
	}
	if f.lowered == mostLowered {
		return fmt.Errorf("%w; half the learning rate, %d times over, did not help", reason, mostLowered)
	}
	var s *Saved
	var err error
	if f.keep.Back != nil {
		s, err = f.keep.Back(reason)
	} else if f.peers.leads() {
		err = errors.New("there is no state to go back to")
	}
	if err = f.peers.agree(err); err == nil {
		err = f.restoreAll(s)
	}
	if err != nil {
		return errors.Join(reason, err)
	}
	f.lowered++
	f.state.LearningRate /= 2
	return f.save()
}
