package experiment

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"

	"cnntrain/internal/runs"
	"cnntrain/internal/spec"
	"cnntrain/internal/train"
	"cnntrain/internal/words"
)

// openLonger prepares a finished run for more epochs, and changes no file.
func (f *fit) openLonger() error {
	had, want := f.Train.Epochs, f.options.Epochs
	switch {
	case f.run.Info.Reason == runs.ReasonImported:
		return fmt.Errorf("%s was imported, not trained, so there is nothing to continue; cnntrain fit %s --weights %[2]s trains it further", f.run.Dir, words.Shell(f.run.Dir))
	case want < had && !f.finished:
		return fmt.Errorf("%s has %s of %d; --epochs cannot make it shorter: resume it without, or use the best epoch so far: cnntrain eval %s", f.run.Dir, words.Count(len(f.run.Info.Epochs), "epoch"), had, words.Shell(f.run.Dir))
	case want < had:
		return fmt.Errorf("%s was trained for %s; --epochs %d must be more", f.run.Dir, words.Count(had, "epoch"), want)
	case !f.finished:
		return fmt.Errorf("%s is not finished: resume it without --epochs first", f.run.Dir)
	}
	var err error
	if f.Experiment, err = Load(f.run.Dir, []spec.Override{epochs(want)}); err != nil {
		return err
	}
	_, err = f.loadState(runs.LastFile)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%s has no %s any more, which says how to go on; train it again", f.run.Dir, runs.LastFile)
	}
	f.finished, f.longer = false, err == nil
	return err
}

// epochs is the override that sets the number of epochs.
func epochs(n int) spec.Override {
	return spec.TextOverride("train.epochs", strconv.Itoa(n), "--epochs")
}

// writeLonger replaces the spec of the run by one with more epochs. The state and the best
// weights follow as they are written: until then fewerEpochs recognizes them.
func (f *fit) writeLonger() error {
	resolved, err := f.Spec.Resolved()
	if err != nil {
		return err
	}
	return f.run.Write(runs.SpecFile, func(w io.Writer) error { _, err := w.Write(resolved); return err })
}

// fewerEpochs returns the experiment of a resolved spec if that differs from the spec of f
// only in having fewer epochs; otherwise nil.
func (f *fit) fewerEpochs(resolved string) *Experiment {
	parse := func(overrides ...spec.Override) (*Experiment, string) {
		var problems spec.Problems
		e, err := New(spec.Parse(runs.SpecFile, []byte(resolved), overrides, &problems), &problems)
		if err != nil {
			return nil, ""
		}
		text, err := e.Spec.Resolved()
		if err != nil {
			return nil, ""
		}
		return e, string(text)
	}
	want, err := f.Spec.Resolved()
	if err != nil || resolved == string(want) {
		return nil
	}
	was, _ := parse()
	if _, text := parse(epochs(f.Train.Epochs)); was == nil || text != string(want) || was.Train.Epochs >= f.Train.Epochs {
		return nil
	}
	return was
}

// checkLonger checks that a training of f passes through a state of was, an experiment that
// has fewer epochs and is otherwise equal.
func (f *fit) checkLonger(was *Experiment, state string) error {
	p, err := train.ReadProgress(state)
	if err != nil {
		return err
	}
	had, want := was.Train.Epochs, f.Train.Epochs
	switch {
	case p.Stopped != "":
		return fmt.Errorf("early stopping ended the run after epoch %d, because %s; with %d epochs it ends there, too", p.Epochs, p.Stopped, want)
	case p.Restored > 0 && p.Restored < p.Epochs:
		return fmt.Errorf("early stopping has restored the weights of epoch %d, and those of epoch %d, from which training would go on, are gone; train again", p.Restored, p.Epochs)
	}
	if f.Train.Optimizer.Progresses() {
		return fmt.Errorf("lookahead's ramp_power is for all %d epochs: a run of %d has other slow weights from the start; train again", had, want)
	}
	for step := range p.Steps() {
		done := float64(step) / float64(max(1, p.StepsPerEpoch))
		since := 0
		if done >= float64(p.Since) {
			since = p.Since
		}
		momentum, _ := was.Train.Momentum(done, since)
		longer, _ := f.Train.Momentum(done, since)
		if momentum != longer || was.Train.Factor(done, since) != f.Train.Factor(done, since) {
			return fmt.Errorf("the schedule %s is for all %d epochs: a run of %d has other learning rates, or momenta, from the start; train again", f.Spec.Train.Thing("schedule"), had, want)
		}
	}
	return nil
}
