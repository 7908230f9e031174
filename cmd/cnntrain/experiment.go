package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"cnntrain/internal/builder"
	"cnntrain/internal/comm"
	"cnntrain/internal/data"
	"cnntrain/internal/runs"
	"cnntrain/internal/spec"
	"cnntrain/internal/train"
	"cnntrain/internal/words"
)

// An experiment is a spec with everything in it understood.
type experiment struct {
	spec  *spec.Spec
	plan  *builder.Plan
	data  *data.Config
	train *train.Config

	strict bool // an image that cannot be read is an error
}

// loadExperiment reads a spec file, or the spec of a run folder. Everything wrong
// with it is in the error.
func loadExperiment(path string, overrides []spec.Override) (*experiment, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, runs.SpecFile)
	}
	var problems spec.Problems
	return newExperiment(spec.Load(path, overrides, &problems), &problems)
}

// newExperiment decodes every part of s, which is nil if it could not be read.
func newExperiment(s *spec.Spec, problems *spec.Problems) (*experiment, error) {
	if s == nil {
		return nil, problems.Err()
	}
	e := &experiment{spec: s, plan: builder.NewPlan(s, problems)}
	before := problems.Len()
	e.data = data.NewConfig(s.Data, problems)
	s.Data.CheckUnknown(problems)
	wrongData := problems.Len() > before
	e.train = train.NewConfig(s.Train, problems)
	s.Train.CheckUnknown(problems)
	e.checkData(problems)
	// Of data that is wrong nobody knows whether there are to be validation examples.
	e.train.CheckMonitors(wrongData || e.data.ValidationSplit > 0, problems)
	return e, problems.Err()
}

// checkData finds images and classes that do not fit the model, as far as both
// are known.
func (e *experiment) checkData(problems *spec.Problems) {
	set := e.data.Dataset
	if set == nil {
		return
	}
	if shape := set.Shape(); shape != nil && e.spec.Input != nil && !slices.Equal(shape, e.spec.Input) {
		problems.Add(e.spec.InputPos, "input: %s has images of %v, not %v", e.data.Name, shape, e.spec.Input)
	}
	if classes := set.Classes(); classes != nil && e.plan.Complete {
		if err := e.checkClasses(len(classes)); err != nil {
			problems.Add(e.plan.OutputPos(), "%v", err)
		} else if err := e.plan.WeighClasses(classes); err != nil {
			problems.Add(e.spec.Train.Pos, "train: %v", err)
		}
	}
}

// checkMemory refuses a model that cannot be trained on this machine by the ranks of w that
// are here, each of which has a share of the batch.
func (e *experiment) checkMemory(w comm.World) error {
	_, here := w.Local()
	by := ""
	if here > 1 {
		by = fmt.Sprintf(" on %d ranks of this machine", here)
	}
	need := int64(here) * e.plan.Memory((e.train.BatchSize+w.Size()-1)/w.Size())
	if have := totalMemory(); have > 0 && need > have {
		return fmt.Errorf("training %s with batches of %d%s needs about %s of memory, and this machine has %s; use a smaller batch_size or smaller layers",
			e.spec.Name, e.train.BatchSize, by, words.Bytes(int(need/4)), words.Bytes(int(have/4)))
	}
	return nil
}

// checkClasses compares the model's outputs with the number of classes of the data.
func (e *experiment) checkClasses(classes int) error {
	if out := e.plan.Classes(); out != classes {
		return fmt.Errorf("the model ends in %d outputs, but %s has %s; set units: %d in the last layer",
			out, e.data.Name, words.Count(classes, "class"), classes)
	}
	return nil
}
