package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"cnntrain/internal/data"
	"cnntrain/internal/train/callback"
	"cnntrain/internal/train/optimizer"
)

// A NonFiniteError says that a number in training was NaN or infinite.
type NonFiniteError struct {
	What        string // the loss, the output of conv2d, the gradient of conv2d/kernel
	Epoch, Step int    // counted from 1; Step 0 is after the last step of the epoch
	here        bool   // caused by this rank's own examples; weights are equal on all ranks
}

func (e *NonFiniteError) Error() string {
	where := fmt.Sprintf("epoch %d, step %d", e.Epoch, e.Step)
	if e.Step == 0 {
		where = fmt.Sprintf("the end of epoch %d", e.Epoch)
	}
	return fmt.Sprintf("%s is not a finite number at %s", e.What, where)
}

// Fit trains m on sets.Train for c.Epochs, and evaluates it on sets.Val, if there is any,
// after each epoch. It calls c.Callbacks, then more. It returns the final state, even with
// an error. When ctx is done, training stops between two steps. keep may be nil.
func Fit(ctx context.Context, m Model, sets *data.Sets, c *Config, keep *Keep, more ...callback.Callback) (*callback.State, error) {
	return fitAmong(ctx, &alone{}, m, sets, c, keep, more...)
}

// fitAmong is Fit with peers, which share each batch. keep and more are used only by the
// leader.
func fitAmong(ctx context.Context, p peers, m Model, sets *data.Sets, c *Config, keep *Keep, more ...callback.Callback) (*callback.State, error) {
	if !p.leads() {
		keep, more = nil, nil
	}
	if keep == nil {
		keep = &Keep{}
	}
	f := &fitting{Config: c, peers: p, model: m, sets: sets, keep: keep, callbacks: append(c.Callbacks[:len(c.Callbacks):len(c.Callbacks)], more...)}
	f.state = &callback.State{
		Epochs:       c.Epochs,
		Steps:        (sets.Train.Len() + c.BatchSize - 1) / c.BatchSize,
		LearningRate: c.Optimizer.LearningRate(),
		Weights:      m.Weights(),
	}
	f.saved, f.batch = time.Now(), newSums(c.Metrics, m)
	err := p.join(m, c.Optimizer)
	if err == nil {
		err = f.fit(ctx)
	}
	if errors.Is(err, context.Canceled) {
		err = errors.Join(err, f.save())
	}
	f.state.Err = err
	if !p.known(err) {
		return f.state, err // peers are in the middle of a step
	}
	err = errors.Join(err, f.callAll(func(cb callback.Callback) func(*callback.State) error { return cb.End }))
	if err == nil && f.state.Restored > 0 && !f.over {
		err = f.save()
	}
	return f.state, err
}

// fitting is the state of one call of Fit.
type fitting struct {
	*Config
	peers     peers
	model     Model
	sets      *data.Sets
	loader    *data.Loader
	base      *baseFeed // reads outputs of the base in place of images; nil: it does not
	callbacks []callback.Callback
	state     *callback.State

	keep    *Keep
	saved   time.Time // time of the last save
	done    int       // completed epochs
	since   int       // of them, those before the current phase
	sums    *sums     // sums of the epoch
	batch   *sums     // sums of the step
	lowered int       // number of times the learning rate was halved after NaN
	over    bool      // this is the state at the end of training
	ended   bool      // the optimizer knows of the end of this epoch

	averaged bool // the model has the averages of the weights, if the optimizer keeps them
}

// fit runs the remaining epochs.
func (f *fitting) fit(ctx context.Context) error {
	if err := f.restoreAll(f.keep.From); err != nil {
		return err
	}
	f.openBase()
	if f.sums == nil && f.OnNaN == lowerRate {
		if err := f.save(); err != nil { // for the first epoch to go back to
			return err
		}
	}
	err := f.callAll(func(cb callback.Callback) func(*callback.State) error { return cb.Start })
	for err == nil && f.done < f.Epochs && f.state.Stopped == "" {
		err = f.epoch(ctx)
		var bad *NonFiniteError
		if errors.As(err, &bad) {
			err = f.goBack(err)
		}
	}
	return err
}

// call calls one function of every callback, until the first error.
func (f *fitting) call(which func(callback.Callback) func(*callback.State) error) error {
	for _, cb := range f.callbacks {
		if do := which(cb); do != nil {
			if err := do(f.state); err != nil {
				return err
			}
		}
	}
	return nil
}

// callAll is call on all peers: an error of one is returned by all.
func (f *fitting) callAll(which func(callback.Callback) func(*callback.State) error) error {
	return f.peers.agree(f.call(which))
}

// epoch runs the remaining steps of an epoch, then the validation.
func (f *fitting) epoch(ctx context.Context) error {
	if f.state.Epoch == f.done { // which is complete
		f.state.Epoch, f.state.Step, f.sums, f.ended = f.done+1, 0, newSums(f.Metrics, f.model), false
	}
	if err := f.average(false); err != nil {
		return err
	}
	if f.base != nil {
		f.base.begin(f.state.Epoch)
	}
	order := data.Order(f.sets.Train.Len(), uint64(f.Seed), f.state.Epoch)
	for batch, err := range f.batches(f.peers.share(ctx, f.loader), order, f.state.Epoch, f.state.Step) {
		if err != nil {
			return err
		}
		if err := f.compute(batch); err != nil {
			return err
		}
		due := f.keep.Every > 0 && f.state.Step < f.state.Steps && time.Since(f.saved) >= f.keep.Every
		save, err := f.peers.settle(ctx, f.update(), due)
		if err == nil && save {
			err = f.save()
		}
		if err != nil {
			return err
		}
	}
	f.state.Logs = f.sums.logs(f.state.Logs[:0])
	if err := f.endEpoch(ctx, order); err != nil {
		return err
	}
	if err := f.validate(ctx); err != nil {
		return err
	}
	if err := f.callAll(func(cb callback.Callback) func(*callback.State) error { return cb.Epoch }); err != nil {
		return err
	}
	// All peers have the same metrics, but this way differences in rounding do not matter.
	decided := decision{f.state.Stopped, f.state.LearningRate}
	if err := f.peers.tell(&decided); err != nil {
		return err
	}
	f.state.Stopped, f.state.LearningRate = decided.Stopped, decided.LearningRate
	f.done++
	if err := f.endPhase(); err != nil {
		return err
	}
	return f.save()
}

// average puts the averages of the weights into the model, if the optimizer keeps them, or
// puts back the weights that are trained. Whatever sees the model between two epochs, or in a
// saved state, sees the averages.
func (f *fitting) average(on bool) error {
	if f.averaged == on {
		return nil
	}
	f.averaged = on
	return f.peers.swap()
}

// endEpoch puts the averages of the weights into the model, if the optimizer keeps them, with their
// own statistics of batches.
func (f *fitting) endEpoch(ctx context.Context, order []int) error {
	epoch := f.state.Epoch - f.since
	if !f.ended { // else training resumes after it
		if err := f.peers.endEpoch(epoch); err != nil {
			return err
		}
		f.ended = true
	}
	if err := f.average(true); err != nil || !f.Optimizer.Averages(epoch) || len(f.model.Moving()) == 0 {
		return err
	}
	return f.observe(ctx, order)
}

// observe sets the moving statistics of the model to those of its weights as they are: their means
// over the batches of the epoch, as PyTorch's update_bn does.
func (f *fitting) observe(ctx context.Context, order []int) error {
	n := 0
	for batch, err := range f.batches(f.peers.share(ctx, f.loader), order, f.state.Epoch, 0) {
		if err == nil && f.base != nil {
			err = f.base.step(batch)
		}
		if _, err = f.peers.settle(ctx, err, false); err != nil { // before peers wait for statistics
			return err
		}
		f.peers.begin(batch.share.Of)
		if err := f.model.Observe(batch.Prepared, n); err != nil {
			return err
		}
		f.peers.observe()
		n++
	}
	return nil
}

// A decision is what callbacks have changed in the training.
type decision struct {
	Stopped      string
	LearningRate float64
}

// compute computes the gradients of a step and adds up its loss and metrics.
func (f *fitting) compute(batch *prepared) error {
	f.state.Step++
	if f.base != nil {
		if err := f.base.step(batch); err != nil {
			return err
		}
	}
	f.peers.begin(batch.share.Of)
	loss, probabilities, err := f.model.Step(batch.Prepared)
	if err != nil {
		return err
	}
	f.batch.reset()
	f.batch.add(loss, probabilities, batch.Labels[:batch.share.Own], batch.share.Of)
	f.peers.sum(f.batch.figures, nil)
	if !finite(f.batch.figures[0]) {
		f.peers.breakOff() // gradients are being exchanged
		return f.brokenLoss(loss)
	}
	return nil
}

// steps is the number of steps before the current one, over the whole training.
func (f *fitting) steps() int { return (f.state.Epoch-1)*f.state.Steps + f.state.Step - 1 }

// update completes a step with an update of the weights.
func (f *fitting) update() error {
	f.setOptimizer(float64(f.steps()) / float64(f.state.Steps))
	if err := f.peers.update(); err != nil {
		return f.brokenWeight(err)
	}
	f.state.StepLoss = f.batch.loss()
	f.sums.merge(f.batch)
	f.state.Logs = f.sums.logs(f.state.Logs[:0])
	return f.call(func(cb callback.Callback) func(*callback.State) error { return cb.Batch })
}

// brokenLoss returns an error if the loss of the last step is not finite, on this rank or
// another, with the origin as reported by a rank that knows it.
func (f *fitting) brokenLoss(loss float32) error {
	var layer, here error
	if !finite(float64(loss)) {
		name, err := f.model.FirstNonFinite()
		switch {
		case err != nil:
			layer = err
		case name != "":
			layer = &NonFiniteError{"what comes out of " + name, f.state.Epoch, f.state.Step, true}
		}
		here = &NonFiniteError{"the loss", f.state.Epoch, f.state.Step, true}
	}
	if err := f.peers.agree(layer); err != nil {
		return err
	}
	return f.peers.agree(here)
}

// brokenWeight names the weight of an optimizer's NonFiniteError.
func (f *fitting) brokenWeight(err error) error {
	var bad *optimizer.NonFiniteError
	if !errors.As(err, &bad) {
		return err
	}
	what := "the weight "
	if bad.Gradient {
		what = "the gradient of "
	}
	what += f.model.ParamName(bad.Index)
	return &NonFiniteError{what, f.state.Epoch, f.state.Step, false}
}

// checkWeights returns an error if a value that a checkpoint would contain is not finite.
func (f *fitting) checkWeights() error {
	for _, w := range f.state.Weights {
		for _, v := range w.Data {
			if !finite(float64(v)) {
				return &NonFiniteError{"the weight " + w.Name, f.state.Epoch, f.state.Step, false}
			}
		}
	}
	return nil
}

// validate adds the loss and metrics of the validation data to the logs.
func (f *fitting) validate(ctx context.Context) error {
	if err := f.checkWeights(); err != nil {
		return f.peers.agree(err) // the result is the same on all peers
	}
	if f.sets.Val == nil {
		return nil
	}
	examples := examplesOf(f.model, f.sets.Val, f.sets.Pixels(), f.BatchSize)
	if f.base != nil {
		examples = f.base.validation(f.sets.Val, f.BatchSize)
	}
	r, err := evaluateAmong(ctx, f.peers, f.model, examples, f.Metrics)
	if err != nil {
		return err
	}
	if !finite(r.Loss) {
		return f.peers.agree(&NonFiniteError{"the validation loss", f.state.Epoch, 0, false})
	}
	f.state.Logs = append(f.state.Logs, r.Logs(f.Metrics, "val_")...)
	return nil
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
