package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"cnntrain/internal/checkpoint"
)

// Keep says how the state of a training is saved, so that an interrupted training can
// resume and end with the same bytes.
type Keep struct {
	From  *Saved             // state to resume from; nil: none
	Every time.Duration      // maximum time between two calls of Save within an epoch; 0: no limit
	Save  func(*Saved) error // called after each epoch and when ctx stops training

	// Back returns the state saved at the end of the previous epoch; reason is why training
	// goes back to it. It is called if the spec has on_nan: lower-lr.
	Back func(reason error) (*Saved, error)
}

// Saved is the complete state of a training between two steps.
type Saved struct {
	Epoch  int    // epoch of the weights: the current one, or the one restored at the end
	Within bool   // its epoch is not complete
	State  string // the rest of the state, as JSON
	// Tensors holds the weights, under their names in the model, and tensors of the
	// training state, whose names begin with checkpoint.StatePrefix.
	Tensors []checkpoint.Tensor
}

// position is the JSON of Saved.State.
type position struct {
	Epochs       int                 `json:"epochs"`          // completed, with validation and callbacks
	Step         int                 `json:"step"`            // completed steps of the next epoch
	Iterations   int                 `json:"iterations"`      // of the current phase
	Since        int                 `json:"since,omitempty"` // completed epochs before the current phase
	Steps        int                 `json:"steps,omitempty"` // per epoch, if there are phases
	LearningRate float64             `json:"learning_rate"`
	StepRate     float64             `json:"step_rate"`
	Lowered      int                 `json:"lowered"`         // number of times the learning rate was halved after NaN
	Ended        bool                `json:"ended,omitempty"` // the optimizer knows of the end of the next epoch
	Stopped      string              `json:"stopped,omitempty"`
	Restored     int                 `json:"restored,omitempty"` // epoch whose weights were restored
	Loss         float64             `json:"loss"`               // sums of the current epoch
	Scores       []float64           `json:"scores"`
	Examples     int                 `json:"examples"`
	Callbacks    [][]json.RawMessage `json:"callbacks"` // state of each callback
}

// save saves the state between two steps. The leader saves for all peers.
func (f *fitting) save() error {
	was := f.averaged
	err := f.average(true)
	if err == nil {
		err = f.peers.agree(f.saveHere())
	}
	return errors.Join(err, f.average(was))
}

func (f *fitting) saveHere() error {
	state, err := f.peers.state()
	if err != nil || f.keep.Save == nil {
		return err
	}
	if err := f.checkWeights(); err != nil {
		return err // the last good state is more useful
	}
	p := &position{
		Epochs: f.done, Iterations: f.Optimizer.Iterations(), LearningRate: f.state.LearningRate,
		StepRate: f.state.StepRate, Lowered: f.lowered, Stopped: f.state.Stopped, Restored: f.state.Restored,
	}
	if f.done < f.state.Epoch {
		p.Step, p.Loss, p.Scores, p.Examples = f.state.Step, f.sums.figures[0], f.sums.figures[1:], f.sums.n
		p.Ended = f.ended
	}
	if f.FineTune.Given {
		p.Since, p.Steps = f.since, f.state.Steps
	}
	if p.Callbacks, err = f.kept(); err != nil {
		return err
	}
	text, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("saving the state of the training: %w", err)
	}
	epoch := f.state.Epoch
	if p.Step == 0 {
		epoch = f.done // the next one has begun, without a step
	}
	if f.state.Restored > 0 {
		epoch = f.state.Restored
	}
	f.saved = time.Now()
	return f.keep.Save(&Saved{Epoch: epoch, Within: p.Step > 0, State: string(text), Tensors: f.tensors(state)})
}

// A Progress says how far a training was when a state was saved.
type Progress struct {
	Epochs        int     // completed
	Stopped       string  // why training ended early; empty if it did not
	Restored      int     // epoch whose weights replaced those of the last epoch; 0: none
	Since         int     // epochs before the current phase
	Iterations    int     // completed steps of the current phase
	StepsPerEpoch int     // 0 if unknown: within the first epoch
	LearningRate  float64 // of the optimizer, after callbacks and before the schedule
	StepRate      float64 // learning rate of the last step
}

// ReadProgress decodes Saved.State.
func ReadProgress(state string) (Progress, error) {
	var at position
	if err := json.Unmarshal([]byte(state), &at); err != nil {
		return Progress{}, fmt.Errorf("the state of the training: %w", err)
	}
	p := Progress{Epochs: at.Epochs, Stopped: at.Stopped, Restored: at.Restored, Since: at.Since, Iterations: at.Iterations, LearningRate: at.LearningRate, StepRate: at.StepRate}
	if p.StepsPerEpoch = at.Steps; at.Steps == 0 && at.Epochs > 0 {
		p.StepsPerEpoch = (at.Iterations - at.Step) / at.Epochs
	}
	return p, nil
}

// Steps is the number of completed steps of all phases.
func (p Progress) Steps() int { return p.Since*p.StepsPerEpoch + p.Iterations }

// OptimizerPrefix begins the names of the optimizer's tensors in a state.
const OptimizerPrefix = checkpoint.StatePrefix + "optimizer/"

// kept is the state of the callbacks.
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

// tensors returns everything that Saved has as tensors, without copying, except for the
// optimizer's state, which is a parameter.
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

// prefixed adds a prefix to the names of state tensors.
func prefixed(of string, tensors []checkpoint.Tensor) []checkpoint.Tensor {
	tensors = slices.Clone(tensors)
	for i := range tensors {
		tensors[i].Name = checkpoint.StatePrefix + of + "/" + tensors[i].Name
	}
	return tensors
}

// errOtherTraining says that a state belongs to another training. States carry a digest, so
// it is not damage on disk.
var errOtherTraining = errors.New("the saved state is of another training or another version of the program")

// restoreAll restores the leader's state on all peers; nothing if that is nil.
func (f *fitting) restoreAll(s *Saved) error {
	s, err := f.peers.spread(s)
	if err == nil && s != nil {
		err = f.restore(s)
	}
	return f.peers.agree(err)
}

// restore restores everything to the time when s was saved.
func (f *fitting) restore(s *Saved) error {
	p, err := f.decode(s.State)
	if err != nil {
		return fmt.Errorf("%w: %w", errOtherTraining, err)
	}
	// A state whose last epoch was the best one is also a state to go on from.
	goesOn := p.Restored > 0 && p.Restored == p.Epochs && p.Epochs < f.Epochs && p.Stopped == ""
	if goesOn {
		p.Restored = 0
	}
	if err := f.restorePhase(p); err != nil {
		return fmt.Errorf("%w: %w", errOtherTraining, err)
	}
	f.done, f.lowered, f.over, f.averaged, f.ended = p.Epochs, p.Lowered, p.Restored > 0, true, p.Ended
	f.state.Epoch, f.state.Step = p.Epochs, f.state.Steps
	f.sums = newSums(f.Metrics, f.model)
	if p.Step > 0 {
		f.state.Epoch, f.state.Step = p.Epochs+1, p.Step
		f.sums.figures, f.sums.n = append([]float64{p.Loss}, p.Scores...), p.Examples
	}
	f.state.LearningRate, f.state.StepRate, f.state.Stopped, f.state.Restored = p.LearningRate, p.StepRate, p.Stopped, p.Restored
	f.Optimizer.SetIterations(p.Iterations)
	return f.peers.setState(func(state []checkpoint.Tensor) error {
		want := f.tensors(state) // depends on the callbacks, which are restored already
		from := checkpoint.File{Tensors: s.Tensors}
		if goesOn {
			from.Tensors = withBest(&from, want)
		}
		if err := checkpoint.Match(from.Tensors, want); err != nil {
			return fmt.Errorf("%w: %w", errOtherTraining, err)
		}
		if err := checkpoint.Finite(from.Tensors); err != nil {
			return err
		}
		for _, w := range want {
			t, _ := from.Tensor(w.Name)
			copy(w.Data, t.Data)
		}
		return nil
	})
}

// withBest returns the tensors of a state whose weights are the best ones, with the copies of
// them that callbacks want.
func withBest(s *checkpoint.File, want []checkpoint.Tensor) []checkpoint.Tensor {
	all := slices.Clone(s.Tensors)
	for _, w := range want {
		rest, of := strings.CutPrefix(w.Name, checkpoint.StatePrefix+"callback-")
		_, weight, _ := strings.Cut(rest, "/")
		if t, ok := s.Tensor(weight); of && ok {
			t.Name = w.Name
			all = append(all, t)
		}
	}
	return all
}

// decode decodes a position and restores the state of the callbacks.
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
		callbacks = min(callbacks, len(f.callbacks)) // the leader has more callbacks
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

// mostLowered is how often the learning rate is halved before training stops.
const mostLowered = 10

// goBack returns to the end of the previous epoch, with half the learning rate, if the spec
// says so; otherwise, or if that is no longer possible, it returns the reason.
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
