package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"cnntrain/internal/comm"
	"cnntrain/internal/data"
	"cnntrain/internal/train/callback"
	"cnntrain/internal/train/optimizer"
)

// A NonFiniteError says that a number in training was NaN or infinite.
type NonFiniteError struct {
	What        string // the loss, what comes out of conv2d, the gradient of conv2d/kernel
	Epoch, Step int    // counted from 1; Step 0 is after the last step of the epoch
	here        bool   // it comes of this rank's share; weights are those of all
}

func (e *NonFiniteError) Error() string {
	where := fmt.Sprintf("epoch %d, step %d", e.Epoch, e.Step)
	if e.Step == 0 {
		where = fmt.Sprintf("the end of epoch %d", e.Epoch)
	}
	return fmt.Sprintf("%s is not a finite number at %s", e.What, where)
}

// Fit trains m on sets.Train for c.Epochs, and evaluates it on sets.Val, if there
// is any, after each. It calls c.Callbacks, then more. The state returned is that
// of the end, also beside an error; ctx breaks training off between two steps.
// What keep says may be nil.
func Fit(ctx context.Context, m Model, sets *data.Sets, c *Config, keep *Keep, more ...callback.Callback) (*callback.State, error) {
	return FitOn(ctx, comm.Self{}, m, sets, c, keep, more...)
}

// FitOn is Fit on the ranks of w, whose models, sets and configs are the same and share
// each batch of c.BatchSize. Keep and more are heeded on rank 0 alone. ctx breaks training
// off on all ranks if it ends on any. An error is that of all ranks if [comm.Known] says
// so; else the other ranks are waiting, and the job must be ended.
func FitOn(ctx context.Context, w comm.World, m Model, sets *data.Sets, c *Config, keep *Keep, more ...callback.Callback) (*callback.State, error) {
	if w.Rank() > 0 {
		keep, more = nil, nil
	}
	if keep == nil {
		keep = &Keep{}
	}
	f := &fitting{Config: c, world: w, model: m, sets: sets, keep: keep, callbacks: append(c.Callbacks[:len(c.Callbacks):len(c.Callbacks)], more...)}
	f.loader = data.NewLoader(sets.Train, sets.Pixels(), c.BatchSize)
	f.loader.Share(w.Rank(), w.Size())
	f.state = &callback.State{
		Epochs:       c.Epochs,
		Steps:        (sets.Train.Len() + c.BatchSize - 1) / c.BatchSize,
		LearningRate: c.Optimizer.LearningRate(),
		Weights:      m.Weights(),
	}
	f.saved, f.batch = time.Now(), newSums(c.Metrics, m.Classes())
	var err error
	if f.team, err = newTeam(w, m, c.Optimizer); err == nil {
		err = f.fit(ctx)
	}
	if errors.Is(err, context.Canceled) {
		err = errors.Join(err, f.save())
	}
	f.state.Err = err
	var bad *NonFiniteError
	if errors.As(err, &bad) {
		err = comm.Same(w, err) // which agree has seen to
	}
	if f.world.Size() > 1 && err != nil && !comm.Known(err) && !errors.Is(err, context.Canceled) {
		return f.state, err // with the others in the middle of a step
	}
	err = errors.Join(err, f.callAll(func(cb callback.Callback) func(*callback.State) error { return cb.End }))
	if err == nil && f.state.Restored > 0 && !f.over {
		err = f.save()
	}
	return f.state, err
}

// fitting is one call of Fit.
type fitting struct {
	*Config
	world     comm.World
	team      *team // nil for one rank
	model     Model
	sets      *data.Sets
	loader    *data.Loader
	callbacks []callback.Callback
	state     *callback.State

	keep    *Keep
	saved   time.Time // the last time
	done    int       // epochs that are over
	sums    *sums     // of the epoch
	batch   *sums     // of a step
	lowered int       // times the learning rate was halved after NaN
	over    bool      // the state that training goes on from is that of the very end
}

// fit runs the epochs that are left to run.
func (f *fitting) fit(ctx context.Context) error {
	if err := f.restoreAll(f.keep.From); err != nil {
		return err
	}
	if f.sums == nil && f.OnNaN == lowerRate {
		if err := f.save(); err != nil { // which the first epoch can go back to
			return err
		}
	}
	err := f.callAll(func(cb callback.Callback) func(*callback.State) error { return cb.Start })
	for err == nil && f.done < f.Epochs && f.state.Stopped == "" {
		err = f.epoch(ctx)
		var bad *NonFiniteError
		if errors.As(err, &bad) {
			err = f.goBack(bad)
		}
	}
	return err
}

// call calls one function of every callback, up to the first error.
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

// callAll is call on every rank: an error of one is that of all.
func (f *fitting) callAll(which func(callback.Callback) func(*callback.State) error) error {
	return f.agree(f.call(which))
}

func (f *fitting) agree(err error) error { return agree(f.world, err) }

// epoch runs every step of an epoch that was not done before, then the validation.
func (f *fitting) epoch(ctx context.Context) error {
	if f.state.Epoch == f.done { // which is over
		f.state.Epoch, f.state.Step, f.sums = f.done+1, 0, newSums(f.Metrics, f.model.Classes())
	}
	order := data.Order(f.sets.Train.Len(), uint64(f.Seed), f.state.Epoch)
	signals := ctx
	if f.team != nil {
		ctx = context.WithoutCancel(ctx) // all stop after the same step
	}
	for batch, err := range f.batches(ctx, order, (f.state.Epoch-1)*f.state.Steps, f.state.Step) {
		if err != nil {
			return err
		}
		f.state.Step++
		wish := wishes{f.keep.Every > 0 && f.state.Step < f.state.Steps && time.Since(f.saved) >= f.keep.Every, f.team != nil && signals.Err() != nil}
		if err := f.step(batch, &wish); err != nil {
			return err
		}
		if wish.save {
			if err := f.save(); err != nil {
				return err
			}
		}
		if wish.stop {
			return context.Canceled
		}
	}
	f.state.Logs = f.sums.logs(f.state.Logs[:0])
	if err := f.validate(signals); err != nil {
		return err
	}
	if err := f.callAll(func(cb callback.Callback) func(*callback.State) error { return cb.Epoch }); err != nil {
		return err
	}
	if err := f.decide(); err != nil {
		return err
	}
	f.done++
	return f.save()
}

// wishes is what ranks want after a step.
type wishes struct {
	save bool // rank 0's alone
	stop bool // of any
}

// step does a step. On return, wish is that of all ranks.
func (f *fitting) step(batch *prepared, wish *wishes) error {
	done := (f.state.Epoch-1)*f.state.Steps + f.state.Step - 1
	if f.team != nil {
		f.team.begin(batch.share.Of)
	}
	loss, probabilities, err := f.model.Step(done, batch.share.First, batch.images, batch.labels)
	if err != nil {
		return err
	}
	broken := f.batch.measure(f.world, loss, probabilities, batch.labels[:batch.share.Own], wish)
	if broken {
		if f.team != nil {
			f.team.weights.End() // gradients are under way
		}
		return f.brokenLoss(loss)
	}
	f.state.StepRate = f.state.LearningRate * f.Schedule.Factor(float64(done)/float64(f.state.Steps), f.Epochs)
	f.Optimizer.SetLearningRate(f.state.StepRate)
	if f.team == nil {
		err = f.Optimizer.Step(f.model.Params())
	} else {
		err = f.team.update(f.Optimizer)
	}
	if err != nil {
		return f.agree(f.brokenWeight(err))
	}
	f.sums.merge(f.batch)
	f.state.Logs = f.sums.logs(f.state.Logs[:0])
	return f.callAll(func(cb callback.Callback) func(*callback.State) error { return cb.Batch })
}

// brokenLoss says that the loss of the last step is not finite, here or on another rank,
// and where that began, on a rank that knows.
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
	if err := f.agree(layer); err != nil {
		return err
	}
	return f.agree(here)
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

// checkWeights makes sure that nothing a checkpoint would keep is broken.
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

// validate adds the figures of the validation data to the logs.
func (f *fitting) validate(ctx context.Context) error {
	if err := f.checkWeights(); err != nil {
		return err
	}
	if f.sets.Val == nil {
		return nil
	}
	r, err := EvaluateOn(ctx, f.world, f.model, f.sets.Val, f.sets.Pixels(), f.BatchSize, f.Metrics)
	if err != nil {
		return err
	}
	if !finite(r.Loss) {
		return &NonFiniteError{"the validation loss", f.state.Epoch, 0, false}
	}
	f.state.Logs = append(f.state.Logs, r.Logs(f.Metrics, "val_")...)
	return nil
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
