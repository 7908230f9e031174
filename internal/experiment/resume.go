package experiment

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"cnntrain/internal/checkpoint"
	"cnntrain/internal/comm"
	"cnntrain/internal/runs"
	"cnntrain/internal/spec"
	"cnntrain/internal/train"
	"cnntrain/internal/words"
)

// Resume continues the run in dir, which was interrupted or has crashed. It ends with the
// same bytes as an uninterrupted run. A finished run is not changed, unless the options ask
// for more epochs: then it ends with the bytes of a run that was started with as many. Out and Weights of the
// options are ignored.
func Resume(ctx context.Context, dir string, o Options) (r *runs.Run, err error) {
	f := &fit{options: o.filled()}
	defer f.unlock(&err)
	w := f.options.World
	if err := onFirst(w, func() error { return f.openRun(dir) }); err != nil {
		return nil, err
	}
	if err := f.shareRun(); err != nil {
		return nil, err
	}
	if f.finished {
		if f.run != nil {
			f.options.Listener.Logf("%s is finished: nothing is left to do", f.run.Dir)
		}
		return f.run, nil
	}
	err = f.CheckRanks(w)
	if err == nil {
		f.memory, err = frozenMemory(f.options.FrozenMemory, ranksHere(w))
	}
	if err := comm.Agree(w, err); err != nil {
		return nil, err
	}
	f.model = f.Plan.NewModel(uint64(f.Train.Seed))
	if err := comm.Agree(w, f.checkMemory(w, f.model)); err != nil {
		return nil, err
	}
	if f.sets, err = f.loadOnRanks(ctx); err != nil {
		return nil, err
	}
	var from *train.Saved
	err = onFirst(w, func() error {
		from, err = f.goOn()
		return err
	})
	if err != nil {
		return nil, err
	}
	return f.run, f.do(ctx, from)
}

// openRun locks the run folder for this process.
func (f *fit) openRun(dir string) (err error) {
	if f.run, err = runs.Resume(dir); err != nil {
		return err
	}
	if err = f.repair(); err != nil {
		return err
	}
	f.Experiment, err = Load(f.run.Dir, nil)
	f.finished = f.run.Info.Status == runs.Finished
	if f.options.Source.Dir == "" {
		f.options.Source.Dir = f.run.Info.Dataset.DataDir
	}
	if err == nil && f.options.Epochs > 0 && f.options.Epochs != f.Train.Epochs {
		err = f.openLonger()
	}
	return err
}

// shareRun tells the other ranks, which may not see the run folder, what it contains.
func (f *fit) shareRun() error {
	shared := resumed{DataDir: f.options.Source.Dir, Finished: f.finished}
	err := onFirst(f.options.World, func() (err error) {
		shared.Spec, err = f.Spec.Resolved()
		return err
	})
	if err != nil {
		return err
	}
	if err := comm.ShareJSON(f.options.World, &shared); err != nil || f.run != nil {
		return err
	}
	if f.options.Source.Dir == "" {
		f.options.Source.Dir = shared.DataDir
	}
	f.finished = shared.Finished
	var problems spec.Problems
	f.Experiment, err = New(spec.Parse(runs.SpecFile, shared.Spec, nil, &problems), &problems)
	return err
}

// goOn finds the state to resume from, and records in run.json that the run has resumed.
func (f *fit) goOn() (*train.Saved, error) {
	r, log := f.run, f.options.Listener.Logf
	if f.sets.Digest != r.Info.Dataset.Digest {
		if err := f.otherData(); err != nil {
			return nil, err
		}
	}
	from, err := f.resumeFrom()
	if err == nil {
		err = f.recall(from)
	}
	if err != nil {
		return nil, err
	}
	if ranks := ranksOf(f.options.World); ranks != r.Info.Ranks {
		log("the run was started with %s and is resumed with %s: its last digits will differ", words.Count(max(1, r.Info.Ranks), "rank"), words.Count(max(1, ranks), "rank"))
		r.Info.Ranks = ranks
	}
	r.Info.Status, r.Info.Reason, r.Info.Again, r.Info.Process = runs.Running, "", false, runs.ThisProcess()
	if f.longer { // the best weights may become others
		r.Info.Test, r.Info.Untested, r.Info.Largest = nil, "", 0
	}
	r.Info.Resumed++
	if machine := ThisMachine(); machine.Kernels != r.Info.Machine.Kernels {
		log("the run was started with the kernels for %s and is resumed with those for %s: its last digits will differ", r.Info.Machine.Kernels, machine.Kernels)
	}
	err = r.SaveInfo()
	if err == nil && f.longer {
		err = f.writeLonger()
	}
	if err == nil && f.accepted && f.sets.OfFiles() {
		err = r.Write(runs.ImagesFile, f.sets.WriteManifest)
	}
	return from, err
}

// resumeFrom returns the newest intact state of the run. It is nil if nothing was saved
// yet: then training starts again from the initial weights.
func (f *fit) resumeFrom() (*train.Saved, error) {
	s, err := f.loadState(runs.LastFile)
	if err == nil && s.Within && f.accepted {
		err = errWithin
	}
	if err == nil {
		f.within = s.Within
		f.sayResumed(s, runs.LastFile)
		return s, nil
	}
	before, errBefore := f.loadState(runs.BeforeFile)
	switch {
	case errBefore == nil:
		f.within = true // not needed
		if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, errWithin) {
			f.options.Listener.Logf("%v", err)
		}
		f.sayResumed(before, runs.BeforeFile)
		return before, nil
	case (errors.Is(err, fs.ErrNotExist) || errors.Is(err, errWithin)) && errors.Is(errBefore, fs.ErrNotExist):
		return nil, f.beginAnew()
	case errors.Is(errBefore, fs.ErrNotExist):
		return nil, fmt.Errorf("%w; there is no other state to resume from", err)
	}
	return nil, errors.Join(err, errBefore)
}

// recall restores the history of the run up to the state to resume from, nil at the start.
func (f *fit) recall(from *train.Saved) error {
	var past runs.Past
	if from != nil {
		var err error
		if past, _, _, err = runs.Progress(&checkpoint.File{Metadata: map[string]string{runs.MetaState: from.State}}); err != nil {
			return err
		}
	}
	doubt, err := f.run.Restore(past, f.old)
	if doubt != nil {
		f.options.Listener.Logf("%v", doubt)
	}
	return err
}

// sayResumed reports where training resumes.
func (f *fit) sayResumed(s *train.Saved, file string) {
	where := "after"
	if s.Within {
		where = "within"
	}
	f.options.Listener.Logf("resuming %s %s epoch %d, from %s", f.run.Dir, where, s.Epoch, file)
}

// beginAnew resets everything to the time before the first step.
func (f *fit) beginAnew() error {
	f.options.Listener.Logf("%s has no saved state yet: training begins at the start", f.run.Dir)
	info := &f.run.Info
	info.Epochs, info.Best, info.Test, info.Untested, info.Largest, info.Seconds = []runs.Figures{}, nil, nil, "", 0, 0
	if info.Weights == nil {
		return nil
	}
	digest, err := fileDigest(info.Weights.File)
	if err != nil {
		return err
	}
	if digest != info.Weights.Digest {
		return fmt.Errorf("%s is no longer what the run began with", info.Weights.File)
	}
	return f.startFrom(f.model, info.Weights.File, f.options.Listener.Logf)
}
