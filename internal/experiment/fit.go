package experiment

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"

	"cnntrain/internal/builder"
	"cnntrain/internal/comm"
	"cnntrain/internal/data"
	"cnntrain/internal/runs"
	"cnntrain/internal/shutdown"
	"cnntrain/internal/train"
	"cnntrain/internal/train/callback"
	"cnntrain/internal/words"
)

// Options says how to train. The zero value trains in this process, silently, into
// runs/NAME/N, with the data from the default folder.
type Options struct {
	Out      string        // the run folder, which must be empty or not exist; empty: runs/NAME/N
	Epochs   int           // for Resume: train for more epochs than the run was started with; 0: for as many
	Accept   bool          // for Resume: resume although the data has changed
	Every    time.Duration // maximum time between saved states within an epoch; 0: only at the end of epochs
	Source   Source        // of the data; for Resume, an empty Dir means that of the run
	World    comm.World    // the ranks that train together; nil: only this process
	Listener Listener      // nil: none

	// FrozenMemory is the memory for outputs of frozen layers, such as 1GB; what they take
	// beyond it is in the image cache. 0: they are computed in every epoch; empty:
	// $CNNTRAIN_FROZEN_MEMORY, or as much as the machine allows.
	FrozenMemory string
}

// A Listener receives reports about a training on rank 0.
type Listener interface {
	// Logf receives a line of text for the user.
	Logf(format string, args ...any)
	// Watch returns callbacks for the training of e in r.
	Watch(e *Experiment, r *runs.Run) callback.Callback
}

// nobody is a Listener that ignores everything.
type nobody struct{}

func (nobody) Logf(string, ...any)                                {}
func (nobody) Watch(*Experiment, *runs.Run) (c callback.Callback) { return c }

// filled returns o with defaults filled in.
func (o Options) filled() Options {
	if o.World == nil {
		o.World = comm.Self{}
	}
	if o.Listener == nil {
		o.Listener = nobody{}
	}
	return o
}

// Fit trains e, writes a run folder, which it returns, and evaluates the best weights on
// the test data. When ctx is done, training stops between two steps and saves its state;
// the error is then an *[UnfinishedError]. With several ranks each must call Fit, and rank
// 0 has the run folder.
func (e *Experiment) Fit(ctx context.Context, o Options) (r *runs.Run, err error) {
	f := &fit{options: o.filled()}
	defer f.unlock(&err)
	w := f.options.World
	if f.Experiment, err = e.fresh(); err == nil {
		err = f.CheckRanks(w)
	}
	if err == nil {
		f.memory, err = frozenMemory(f.options.FrozenMemory, ranksHere(w))
	}
	if err := comm.Agree(w, err); err != nil {
		return nil, err
	}
	if f.model, err = f.begin(f.options); err != nil {
		return nil, err
	}
	if err := comm.Agree(w, f.checkMemory(w, f.model)); err != nil {
		return nil, err
	}
	if f.sets, err = f.loadOnRanks(ctx); err != nil {
		return nil, err
	}
	err = onFirst(w, func() error {
		f.run, err = f.newRun()
		return err
	})
	if err != nil {
		return nil, err
	}
	return f.run, f.do(ctx, nil)
}

// unlock releases the lock of the run folder.
func (f *fit) unlock(err *error) {
	if f.run != nil {
		if failed := f.run.Unlock(); failed != nil {
			*err = errors.Join(*err, failed)
		}
	}
}

// begin creates the model with its initial weights, and checks that the run folder can be
// created, before anything is downloaded.
func (e *Experiment) begin(o Options) (*builder.Model, error) {
	model := e.Plan.NewModel(uint64(e.Train.Seed))
	return model, onFirst(o.World, func() error {
		if e.Start.File != "" {
			if err := e.startFrom(model, e.Start.File, o.Listener.Logf); err != nil {
				return err
			}
		}
		return runs.Check(e.runDir(o))
	})
}

// fit is the state of one training run.
type fit struct {
	*Experiment
	options  Options
	model    *builder.Model
	sets     *data.Sets
	run      *runs.Run // rank 0 only
	monitor  *callback.Monitor
	finished bool          // state to resume from
	tested   *train.Result // of the best weights on the test data, if there is any
	began    time.Time     // when Info.Seconds was last updated
	rate     float64       // the learning rate without its schedule
	longer   bool          // the run was finished and is trained for more epochs
	accepted bool          // the data differs from that of the run's start
	past     runs.Past     // the completed epochs
	old      []runs.Epoch  // those of the state to resume from, if it is of an earlier version
	memory   int64         // bytes for outputs of frozen layers
	chance   *chance       // nil: not counted yet
	within   bool          // last.safetensors is not needed once there is a newer one
}

// do trains, from the start or from a state, and tests. All of it stops soon after ctx is done,
// with the state saved, so a signal waits for it.
func (f *fit) do(ctx context.Context, from *train.Saved) error {
	defer shutdown.Hold()()
	if f.run != nil {
		f.run.Keep()
	}
	err := onFirst(f.options.World, func() error {
		if from != nil { // known to rank 0 alone
			return nil
		}
		return train.Adapt(ctx, f.model, f.sets, f.Train.BatchSize)
	})
	switch {
	case err != nil && f.run != nil:
		return f.broken(err)
	case err != nil:
		return err
	}
	spreadWeights(f.options.World, f.model)
	f.Train.Store = f.store
	if f.run == nil {
		return f.follow(ctx)
	}
	return f.lead(ctx, from)
}

// follow trains and tests on a rank other than 0, which does not save anything.
func (f *fit) follow(ctx context.Context) error {
	if err := comm.Agree(f.options.World, nil); err != nil {
		return err
	}
	_, err := train.FitOn(ctx, f.options.World, f.model, f.sets, f.Train, nil)
	if err == nil {
		err = f.test(ctx)
	}
	if err == nil {
		err = comm.Agree(f.options.World, nil)
	}
	return err
}

func (f *fit) lead(ctx context.Context, from *train.Saved) error {
	f.monitor = f.Train.Best(f.sets.Val != nil)
	history, err := f.run.OpenLog()
	var events *os.File
	if err == nil {
		defer history.Close()
		events, err = createEvents(f.run)
	}
	if err = comm.Agree(f.options.World, err); err != nil {
		return err
	}
	defer events.Close()
	progress := f.options.Listener.Watch(f.Experiment, f.run)
	images := f.Data.Name
	if f.sets.Dir != "" {
		images += " in " + f.sets.Dir
	}
	if from == nil {
		f.options.Listener.Logf("training %s on %s of %s%s, run in %s", f.Spec.Name,
			words.Count(f.sets.Train.Len(), "image"), images, withRanks(f.options.World), f.run.Dir)
		f.sayWeights()
	}
	f.began, f.rate = time.Now(), f.Train.Optimizer.LearningRate()
	info := &f.run.Info
	state, err := train.FitOn(ctx, f.options.World, f.model, f.sets, f.Train,
		&train.Keep{From: from, Every: f.options.Every, Save: f.saveState, Back: f.back},
		callback.TensorBoard(events, time.Now),
		callback.ModelCheckpoint(f.monitor, f.saveBest),
		callback.Callback{Start: f.checkBest, Phase: f.sayPhase, Kept: []any{&f.past, &info.Best}},
		callback.EpochLogger(f.sets.Train.Len(), time.Now, func(l *callback.EpochLog) error { return f.record(history, l) }),
		progress,
	)
	f.tick()
	if err != nil {
		return f.broken(err)
	}
	if state.Stopped != "" && state.Epoch < state.Epochs {
		info.Reason = state.Stopped
		f.options.Listener.Logf("stopped after epoch %d: %s", state.Epoch, state.Stopped)
	}
	if err := f.test(ctx); err != nil {
		return f.broken(err)
	}
	if err := comm.Agree(f.options.World, f.drawPictures(ctx)); err != nil {
		return f.broken(err)
	}
	if err := f.run.Delete(runs.BeforeFile); err != nil {
		return f.broken(err)
	}
	info.Status = runs.Finished
	return f.run.SaveInfo()
}

// An UnfinishedError is the reason why a training did not finish. [Resume] continues it.
type UnfinishedError struct {
	Run    string // the run folder
	Err    error
	Saving error // why run.json could not be updated; nil: it was
}

func (e *UnfinishedError) Error() string { return errors.Join(e.Unwrap()...).Error() }

// Unwrap returns the cause.
func (e *UnfinishedError) Unwrap() []error {
	if e.Saving == nil {
		return []error{e.Err}
	}
	return []error{e.Err, e.Saving}
}

// broken records in run.json why the run did not finish.
func (f *fit) broken(err error) error {
	info := &f.run.Info
	var system syscall.Errno // a full disk, a file that is not there: nothing that the spec is to blame for
	info.Status, info.Reason, info.Again = runs.Failed, err.Error(), errors.As(err, &system)
	if Canceled(err) {
		info.Status, info.Reason, info.Again = runs.Interrupted, "by a signal", false
	} else if !f.run.Has(runs.LastFile) {
		return errors.Join(err, f.run.SaveInfo())
	}
	return &UnfinishedError{f.run.Dir, err, f.run.SaveInfo()}
}

// Canceled reports whether err is only a request to stop: an error that occurred while
// stopping, such as a full disk, must not be lost.
func Canceled(err error) bool {
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range several.Unwrap() {
			if !Canceled(e) {
				return false
			}
		}
		return true
	}
	return errors.Is(err, context.Canceled)
}

// record adds an epoch to the history of the run.
func (f *fit) record(history *runs.Log, l *callback.EpochLog) error {
	f.tick()
	info := &f.run.Info
	e := &runs.Epoch{Number: l.Epoch, Figures: runs.Figures{}, LearningRate: l.LearningRate,
		Seconds: l.Seconds, ImagesPerSecond: l.ImagesPerSecond, Best: info.Best, Total: info.Seconds}
	for _, log := range l.Logs {
		e.Figures = append(e.Figures, runs.Figure(log))
	}
	f.past.Add(e)
	info.Epochs = append(info.Epochs, e.Figures)
	f.warnIfHopeless()
	return history.Add(e)
}

// tick updates the training time of the run.
func (f *fit) tick() {
	now := time.Now()
	f.run.Info.Seconds += now.Sub(f.began).Seconds()
	f.began = now
}

// test evaluates the best weights on the test data, if there is any.
func (f *fit) test(ctx context.Context) error {
	if f.sets.Test == nil {
		return nil
	}
	err := onFirst(f.options.World, func() error { return loadWeights(f.model, f.run.Path(runs.BestFile)) })
	if err != nil {
		return err
	}
	spreadWeights(f.options.World, f.model)
	r, err := train.EvaluateOn(ctx, f.options.World, f.model, f.sets.Test, f.sets.Pixels(), f.Train.BatchSize, f.Train.Metrics)
	if err != nil {
		return f.untested(err)
	}
	if f.tested = r; f.run == nil {
		return nil
	}
	f.run.Info.Test, f.run.Info.Untested = nil, ""
	for _, l := range r.Logs(f.Train.Metrics, "") {
		f.run.Info.Test = append(f.run.Info.Test, runs.Figure(l))
	}
	f.judge(r)
	return nil
}

// untested records why there are no test results. The run is still finished: the weights
// are complete, and eval can be run once the cause is fixed. It returns err if that is a
// request to stop, or if other ranks do not know about it.
func (f *fit) untested(err error) error {
	if Canceled(err) || !known(f.options.World, err) {
		return err
	}
	if f.run != nil {
		f.run.Info.Test, f.run.Info.Untested = nil, err.Error()
		f.options.Listener.Logf("the run has no test results: %v; once that is fixed, run cnntrain eval %s", err, words.Shell(f.run.Dir))
	}
	return nil
}
