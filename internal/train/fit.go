package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"cnntrain/internal/data"
	"cnntrain/internal/train/callback"
	"cnntrain/internal/train/metric"
	"cnntrain/internal/train/optimizer"
)

// A NonFiniteError says that a number in training was NaN or infinite.
type NonFiniteError struct {
	What        string // the loss, what comes out of conv2d, the gradient of conv2d/kernel
	Epoch, Step int    // counted from 1; Step 0 is after the last step of the epoch
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
	if keep == nil {
		keep = &Keep{}
	}
	f := &fitting{Config: c, model: m, sets: sets, keep: keep, callbacks: append(c.Callbacks[:len(c.Callbacks):len(c.Callbacks)], more...)}
	f.loader = data.NewLoader(sets.Train, sets.Pixels(), c.BatchSize)
	f.state = &callback.State{
		Epochs:       c.Epochs,
		Steps:        (sets.Train.Len() + c.BatchSize - 1) / c.BatchSize,
		LearningRate: c.Optimizer.LearningRate(),
		Weights:      m.Weights(),
	}
	f.saved = time.Now()
	err := f.fit(ctx)
	if errors.Is(err, context.Canceled) {
		err = errors.Join(err, f.save())
	}
	f.state.Err = err
	err = errors.Join(err, f.call(func(cb callback.Callback) func(*callback.State) error { return cb.End }))
	if err == nil && f.state.Restored > 0 && !f.over {
		err = f.save()
	}
	return f.state, err
}

// fitting is one call of Fit.
type fitting struct {
	*Config
	model     Model
	sets      *data.Sets
	loader    *data.Loader
	callbacks []callback.Callback
	state     *callback.State

	keep    *Keep
	saved   time.Time // the last time
	done    int       // epochs that are over
	sums    *sums     // of the epoch
	lowered int       // times the learning rate was halved after NaN
	over    bool      // the state that training goes on from is that of the very end
}

// fit runs the epochs that are left to run.
func (f *fitting) fit(ctx context.Context) error {
	if f.keep.From != nil {
		if err := f.restore(f.keep.From); err != nil {
			return err
		}
	} else if f.OnNaN == lowerRate {
		if err := f.save(); err != nil { // which the first epoch can go back to
			return err
		}
	}
	err := f.call(func(cb callback.Callback) func(*callback.State) error { return cb.Start })
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

// epoch runs every step of an epoch that was not done before, then the validation.
func (f *fitting) epoch(ctx context.Context) error {
	if f.state.Epoch == f.done { // which is over
		f.state.Epoch, f.state.Step, f.sums = f.done+1, 0, newSums(f.Metrics)
	}
	order := data.Order(f.sets.Train.Len(), uint64(f.Seed), f.state.Epoch)
	for batch, err := range f.batches(ctx, order, (f.state.Epoch-1)*f.state.Steps, f.state.Step) {
		if err != nil {
			return err
		}
		f.state.Step++
		if err := f.step(batch); err != nil {
			return err
		}
		if f.keep.Every > 0 && f.state.Step < f.state.Steps && time.Since(f.saved) >= f.keep.Every {
			if err := f.save(); err != nil {
				return err
			}
		}
	}
	f.state.Logs = f.sums.logs(f.state.Logs[:0])
	if err := f.validate(ctx); err != nil {
		return err
	}
	if err := f.call(func(cb callback.Callback) func(*callback.State) error { return cb.Epoch }); err != nil {
		return err
	}
	f.done++
	return f.save()
}

func (f *fitting) step(batch *prepared) error {
	done := (f.state.Epoch-1)*f.state.Steps + f.state.Step - 1
	loss, probabilities, err := f.model.Step(done, batch.images, batch.labels)
	if err != nil {
		return err
	}
	if !finite(float64(loss)) {
		return f.brokenLoss()
	}
	f.state.StepRate = f.state.LearningRate * f.Schedule.Factor(float64(done)/float64(f.state.Steps), f.Epochs)
	f.Optimizer.SetLearningRate(f.state.StepRate)
	if err := f.Optimizer.Step(f.model.Params()); err != nil {
		return f.brokenWeight(err)
	}
	f.sums.add(loss, probabilities, batch.labels, f.model.Classes())
	f.state.Logs = f.sums.logs(f.state.Logs[:0])
	return f.call(func(cb callback.Callback) func(*callback.State) error { return cb.Batch })
}

// brokenLoss says that the loss of the last step is not finite, and where that began.
func (f *fitting) brokenLoss() error {
	what := "the loss"
	layer, err := f.model.FirstNonFinite()
	if err != nil {
		return err
	}
	if layer != "" {
		what = "what comes out of " + layer
	}
	return &NonFiniteError{what, f.state.Epoch, f.state.Step}
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
	return &NonFiniteError{what, f.state.Epoch, f.state.Step}
}

// checkWeights makes sure that nothing a checkpoint would keep is broken.
func (f *fitting) checkWeights() error {
	for _, w := range f.state.Weights {
		for _, v := range w.Data {
			if !finite(float64(v)) {
				return &NonFiniteError{"the weight " + w.Name, f.state.Epoch, f.state.Step}
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
	r, err := Evaluate(ctx, f.model, f.sets.Val, f.sets.Pixels(), f.BatchSize, f.Metrics)
	if err != nil {
		return err
	}
	if !finite(r.Loss) {
		return &NonFiniteError{"the validation loss", f.state.Epoch, 0}
	}
	f.state.Logs = append(f.state.Logs, r.Logs(f.Metrics, "val_")...)
	return nil
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// sums adds up loss and metrics over the examples of an epoch.
type sums struct {
	metrics []metric.Metric
	loss    float64
	scores  []float64
	n       int
}

func newSums(metrics []metric.Metric) *sums {
	return &sums{metrics: metrics, scores: make([]float64, len(metrics))}
}

func (s *sums) add(loss float32, probabilities []float32, labels []int, classes int) {
	s.loss += float64(loss) * float64(len(labels))
	for i, m := range s.metrics {
		for j, l := range labels {
			s.scores[i] += m.Score(probabilities[j*classes:][:classes], l)
		}
	}
	s.n += len(labels)
}

// logs appends the means so far to to.
func (s *sums) logs(to callback.Logs) callback.Logs {
	to = append(to, callback.Log{Name: "loss", Value: s.loss / float64(s.n)})
	for i, m := range s.metrics {
		to = append(to, callback.Log{Name: m.Name(), Value: s.scores[i] / float64(s.n)})
	}
	return to
}
