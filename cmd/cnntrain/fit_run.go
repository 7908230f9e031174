package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"cnntrain/internal/builder"
	"cnntrain/internal/comm"
	"cnntrain/internal/data"
	"cnntrain/internal/experiment"
	"cnntrain/internal/runs"
	"cnntrain/internal/train"
	"cnntrain/internal/train/callback"
	"cnntrain/internal/words"
)

// fit is one training run.
type fit struct {
	options *fitOptions
	*experiment.Experiment
	world    comm.World
	model    *builder.Model
	sets     *data.Sets
	run      *runs.Run // rank 0's alone
	streams  *streams
	monitor  *callback.Monitor
	finished bool          // before anything was done: of a run to go on with
	tested   *train.Result // of the best weights on the test data, if there is any
	began    time.Time     // when Info.Seconds was brought up to date
	within   bool          // last.safetensors is no state to keep once there is a newer one
}

// do trains, from the start or from a state, and tests.
func (f *fit) do(ctx context.Context, from *train.Saved) error {
	spreadWeights(f.world, f.model)
	if f.world.Rank() > 0 {
		return f.follow(ctx)
	}
	return f.lead(ctx, from)
}

// follow trains and tests along with rank 0, which keeps what comes of it.
func (f *fit) follow(ctx context.Context) error {
	if err := comm.Agree(f.world, nil); err != nil {
		return err
	}
	_, err := train.FitOn(ctx, f.world, f.model, f.sets, f.Train, nil)
	if err == nil {
		err = f.test(ctx)
	}
	if err == nil {
		err = comm.Agree(f.world, nil)
	}
	return err
}

func (f *fit) lead(ctx context.Context, from *train.Saved) error {
	f.monitor = f.Train.Best(f.sets.Val != nil)
	metrics, old, err := openMetrics(f.run)
	var events *os.File
	if err == nil {
		defer metrics.Close()
		events, err = createEvents(f.run)
	}
	if err = comm.Agree(f.world, err); err != nil {
		return err
	}
	defer events.Close()
	ctx, progress := f.progress(ctx)
	images := f.Data.Name
	if f.sets.Dir != "" {
		images += " in " + f.sets.Dir
	}
	if from == nil {
		hands := ""
		if n := f.world.Size(); n > 1 {
			hands = fmt.Sprintf(" with %d ranks", n)
		}
		f.streams.logf("training %s on %s of %s%s, run in %s", f.Spec.Name,
			words.Count(f.sets.Train.Len(), "image"), images, hands, f.run.Dir)
	}
	signal.Ignore(syscall.SIGPIPE) // training goes on when nobody reads how it goes
	f.began = time.Now()
	info := &f.run.Info
	state, err := train.FitOn(ctx, f.world, f.model, f.sets, f.Train,
		&train.Keep{From: from, Every: f.options.every, Save: f.saveState, Back: f.back},
		callback.CSVLogger(metrics, old, f.sets.Train.Len(), time.Now),
		callback.TensorBoard(events, time.Now),
		callback.ModelCheckpoint(f.monitor, f.saveBest),
		callback.Callback{Start: f.checkBest, Epoch: f.record, Kept: []any{&info.Epochs, &info.Best}},
		progress,
	)
	f.tick()
	if err != nil {
		return f.broken(err)
	}
	if state.Stopped != "" {
		info.Reason = state.Stopped
		f.streams.logf("stopped after epoch %d: %s", state.Epoch, state.Stopped)
	}
	if err := f.test(ctx); err != nil {
		return f.broken(err)
	}
	if err := comm.Agree(f.world, f.drawPictures()); err != nil {
		return f.broken(err)
	}
	info.Status = runs.Finished
	if err := f.run.SaveInfo(); err != nil {
		return err
	}
	return f.report()
}

// broken notes in the run why it did not get to its end.
func (f *fit) broken(err error) error {
	info := &f.run.Info
	info.Status, info.Reason = runs.Failed, err.Error()
	if canceled(err) {
		info.Status, info.Reason = runs.Interrupted, "by a signal"
		err = &interruptedError{f.run.Dir}
	} else if exists(f.run.Path(runs.LastFile)) {
		err = fmt.Errorf("%w; to go on from the last good state: cnntrain fit --resume %s", err, f.run.Dir)
	}
	return errors.Join(err, f.run.SaveInfo())
}

// canceled reports whether err says that someone asked to stop, and nothing else:
// what went wrong on the way out, such as a full disk, must not be lost.
func canceled(err error) bool {
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range several.Unwrap() {
			if !canceled(e) {
				return false
			}
		}
		return true
	}
	return errors.Is(err, context.Canceled)
}

// An interruptedError is a context.Canceled that lost nothing.
type interruptedError struct{ run string }

func (e *interruptedError) Error() string {
	return "interrupted; to go on: cnntrain fit --resume " + e.run
}

func (e *interruptedError) Is(target error) bool { return target == context.Canceled }

// record adds the epoch to run.json.
func (f *fit) record(s *callback.State) error {
	figures := runs.Figures{}
	for _, l := range s.Logs {
		figures = append(figures, runs.Figure(l))
	}
	f.run.Info.Epochs = append(f.run.Info.Epochs, figures)
	f.tick()
	return f.run.SaveInfo()
}

// tick brings the time that training took up to date.
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
	err := onFirst(f.world, func() error { return experiment.LoadWeights(f.model, f.run.Path(runs.BestFile)) })
	if err != nil {
		return err
	}
	spreadWeights(f.world, f.model)
	r, err := train.EvaluateOn(ctx, f.world, f.model, f.sets.Test, f.sets.Pixels(), f.Train.BatchSize, f.Train.Metrics)
	if err != nil {
		return err
	}
	if f.tested = r; f.run == nil {
		return nil
	}
	f.run.Info.Test = nil
	for _, l := range r.Logs(f.Train.Metrics, "") {
		f.run.Info.Test = append(f.run.Info.Test, runs.Figure(l))
	}
	return nil
}

// reportJSON is run.json with the folder it lies in.
type reportJSON struct {
	Run string `json:"run"`
	*runs.Info
}

// report writes the result: run.json, or a line a person reads.
func (f *fit) report() error {
	info := &f.run.Info
	if f.options.json {
		return f.streams.printJSON(reportJSON{f.run.Dir, info})
	}
	line := fmt.Sprintf("%s: best epoch %d (%s %.4f)", f.run.Dir, info.Best.Epoch, info.Best.Monitor, info.Best.Value)
	if len(info.Test) > 0 {
		line += "; test " + figures(info.Test)
	}
	_, err := fmt.Fprintln(f.streams.out, line)
	return err
}

// figures writes "loss: 1.2301 accuracy: 0.5612".
func figures(f runs.Figures) string {
	var parts []string
	for _, fig := range f {
		parts = append(parts, fmt.Sprintf("%s: %.4f", fig.Name, fig.Value))
	}
	return strings.Join(parts, " ")
}
