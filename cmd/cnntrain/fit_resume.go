package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"cnntrain/internal/comm"
	"cnntrain/internal/experiment"
	"cnntrain/internal/runs"
	"cnntrain/internal/spec"
	"cnntrain/internal/train"
	"cnntrain/internal/words"

	"github.com/spf13/cobra"
)

// checkResumeFlags refuses what --resume takes from the run.
func checkResumeFlags(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("--resume takes the spec from the run; leave out %s", args[0])
	}
	taken := []string{"set", "out", "weights", "dry-run", "strict"}
	for _, f := range fitOverrides {
		taken = append(taken, f.flag)
	}
	for _, name := range taken {
		if cmd.Flags().Changed(name) {
			return fmt.Errorf("--resume goes on with the run as it was begun; leave out --%s", name)
		}
	}
	return nil
}

// runResume goes on with a run that was interrupted, or ended by a crash.
func runResume(ctx context.Context, w comm.World, o *fitOptions, s *streams) error {
	f := &fit{options: o, world: w, streams: s}
	err := onFirst(w, f.openRun)
	if err != nil {
		return err
	}
	if err := f.shareRun(); err != nil {
		return err
	}
	if f.finished {
		if f.run == nil {
			return nil
		}
		s.logf("%s is finished: nothing is left to do", f.run.Dir)
		return f.report()
	}
	err = f.CheckRanks(w)
	if err = comm.Agree(w, err); err != nil {
		return err
	}
	src, err := source(o.dataDir, false, s)
	if err != nil {
		return err
	}
	if f.sets, err = loadOnRanks(ctx, w, f.Experiment, src); err != nil {
		return err
	}
	if err := sameFacts(w, f.Experiment, f.sets); err != nil {
		return err
	}
	f.model = f.Plan.NewModel(uint64(f.Train.Seed))
	var from *train.Saved
	err = onFirst(w, func() error {
		from, err = f.goOn()
		return err
	})
	if err != nil {
		return err
	}
	return f.do(ctx, from)
}

// openRun makes the run folder this process's own.
func (f *fit) openRun() (err error) {
	if f.run, err = runs.Resume(f.options.resume); err != nil {
		return err
	}
	f.Experiment, err = experiment.Load(f.run.Dir, nil)
	f.finished = f.run.Info.Status == runs.Finished
	if f.options.dataDir == "" {
		f.options.dataDir = f.run.Info.Dataset.DataDir
	}
	return err
}

// shareRun tells the other ranks, which need not see the run folder, what is in it.
func (f *fit) shareRun() error {
	if f.world.Size() == 1 {
		return nil
	}
	shared := resumed{DataDir: f.options.dataDir, Finished: f.finished}
	err := onFirst(f.world, func() (err error) {
		shared.Spec, err = f.Spec.Resolved()
		return err
	})
	if err != nil {
		return err
	}
	if err := shared.share(f.world); err != nil || f.run != nil {
		return err
	}
	if f.options.dataDir == "" {
		f.options.dataDir = shared.DataDir
	}
	f.finished = shared.Finished
	var problems spec.Problems
	f.Experiment, err = experiment.New(spec.Parse(runs.SpecFile, shared.Spec, nil, &problems), &problems)
	return err
}

// goOn finds the state to go on from, and notes that the run goes on.
func (f *fit) goOn() (*train.Saved, error) {
	r, s := f.run, f.streams
	if f.sets.Digest != r.Info.Dataset.Digest {
		return nil, fmt.Errorf("%s was begun with other data: the digest of %s is %.12s, not %.12s", r.Dir, f.Data.Name, f.sets.Digest, r.Info.Dataset.Digest)
	}
	from, err := f.resumeFrom()
	if err != nil {
		return nil, err
	}
	if ranks := ranksOf(f.world); ranks != r.Info.Ranks {
		s.logf("the run was begun with %s and goes on with %s: its last digits will differ", words.Count(max(1, r.Info.Ranks), "rank"), words.Count(f.world.Size(), "rank"))
		r.Info.Ranks = ranks
	}
	r.Info.Status, r.Info.Reason, r.Info.Process = runs.Running, "", runs.ThisProcess()
	r.Info.Resumed++
	if machine := experiment.ThisMachine(); machine.Kernels != r.Info.Machine.Kernels {
		s.logf("the run was begun with the kernels for %s and goes on with those for %s: its last digits will differ", r.Info.Machine.Kernels, machine.Kernels)
	}
	return from, r.SaveInfo()
}

// resumeFrom finds the newest state of the run that is whole. It is nil where nothing
// was saved yet: then training begins anew, from the weights it began with.
func (f *fit) resumeFrom() (*train.Saved, error) {
	s, err := f.loadState(runs.LastFile)
	if err == nil {
		f.within = s.Within
		f.sayResumed(s, runs.LastFile)
		return s, nil
	}
	before, errBefore := f.loadState(runs.BeforeFile)
	switch {
	case errBefore == nil:
		f.within = true // not to be kept
		if !errors.Is(err, fs.ErrNotExist) {
			f.streams.logf("%v", err)
		}
		f.sayResumed(before, runs.BeforeFile)
		return before, nil
	case errors.Is(err, fs.ErrNotExist) && errors.Is(errBefore, fs.ErrNotExist):
		return nil, f.beginAnew()
	case errors.Is(errBefore, fs.ErrNotExist):
		return nil, fmt.Errorf("%w; there is no other state to go on from", err)
	}
	return nil, errors.Join(err, errBefore)
}

// sayResumed says where training goes on.
func (f *fit) sayResumed(s *train.Saved, file string) {
	where := "after"
	if s.Within {
		where = "within"
	}
	f.streams.logf("going on with %s %s epoch %d, from %s", f.run.Dir, where, s.Epoch, file)
}

// beginAnew makes everything as it was before the first step.
func (f *fit) beginAnew() error {
	f.streams.logf("%s has no saved state yet: training begins at the start", f.run.Dir)
	info := &f.run.Info
	info.Epochs, info.Best, info.Test, info.Seconds = []runs.Figures{}, nil, nil, 0
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
	return f.StartFrom(f.model, info.Weights.File)
}
