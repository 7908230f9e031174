package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"cnntrain/internal/runs"
	"cnntrain/internal/train"

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
func runResume(ctx context.Context, o *fitOptions, s *streams) error {
	r, err := runs.Resume(o.resume)
	if err != nil {
		return err
	}
	e, err := loadExperiment(r.Dir, nil)
	if err != nil {
		return err
	}
	f := &fit{options: o, experiment: e, run: r, streams: s}
	if r.Info.Status == runs.Finished {
		s.logf("%s is finished: nothing is left to do", r.Dir)
		return f.report()
	}
	if err := e.checkMemory(); err != nil {
		return err
	}
	if o.dataDir == "" {
		o.dataDir = r.Info.Dataset.DataDir
	}
	if f.sets, err = loadData(ctx, e, o.dataDir, s); err != nil {
		return err
	}
	if f.sets.Digest != r.Info.Dataset.Digest {
		return fmt.Errorf("%s was begun with other data: the digest of %s is %.12s, not %.12s", r.Dir, e.data.Name, f.sets.Digest, r.Info.Dataset.Digest)
	}
	f.model = e.plan.NewModel(uint64(e.train.Seed))
	from, err := f.resumeFrom()
	if err != nil {
		return err
	}
	r.Info.Status, r.Info.Reason, r.Info.Process = runs.Running, "", runs.ThisProcess()
	r.Info.Resumed++
	if machine := thisMachine(); machine.Kernels != r.Info.Machine.Kernels {
		s.logf("the run was begun with the kernels for %s and goes on with those for %s: its last digits will differ", r.Info.Machine.Kernels, machine.Kernels)
	}
	if err := r.SaveInfo(); err != nil {
		return err
	}
	return f.do(ctx, from)
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
	return f.startFrom(f.model, info.Weights.File)
}
