package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"cnntrain/internal/builder"
	"cnntrain/internal/data"
	"cnntrain/internal/runs"
	"cnntrain/internal/spec"
	"cnntrain/internal/train"
)

// An experiment is a spec with everything in it understood.
type experiment struct {
	spec  *spec.Spec
	plan  *builder.Plan
	data  *data.Config
	train *train.Config
}

// loadExperiment reads a spec file, or the spec of a run folder. Everything wrong
// with it is in the error.
func loadExperiment(path string, overrides []spec.Override) (*experiment, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, runs.SpecFile)
	}
	var problems spec.Problems
	s, err := spec.Load(path, overrides, &problems)
	if err != nil {
		return nil, err
	}
	return newExperiment(s, &problems)
}

// newExperiment decodes every part of s, which is nil if it could not be read.
func newExperiment(s *spec.Spec, problems *spec.Problems) (*experiment, error) {
	if s == nil {
		return nil, problems.Err()
	}
	e := &experiment{
		spec:  s,
		plan:  builder.NewPlan(s, problems),
		data:  data.NewConfig(s.Data, problems),
		train: train.NewConfig(s.Train, problems),
	}
	s.CheckUnknown(problems)
	if problems.Len() == 0 {
		e.check(problems)
	}
	return e, problems.Err()
}

// check finds parts that are right by themselves but do not fit each other.
func (e *experiment) check(problems *spec.Problems) {
	if shape := e.data.Dataset.Shape(); shape != nil && !slices.Equal(shape, e.spec.Input) {
		problems.Add(e.spec.InputPos, "input: %s has images of %v, not %v", e.data.Name, shape, e.spec.Input)
	}
	if classes := e.data.Dataset.Classes(); classes != nil {
		if err := e.checkClasses(len(classes)); err != nil {
			problems.Add(e.plan.OutputPos(), "%v", err)
		} else if err := e.plan.WeighClasses(classes); err != nil {
			problems.Add(e.spec.Train.Pos, "train: %v", err)
		}
	}
	if err := e.train.CheckMonitors(e.data.ValidationSplit > 0); err != nil {
		problems.Add(e.spec.Train.Pos, "train: %v", err)
	}
}

// checkClasses compares the model's outputs with the number of classes of the data.
func (e *experiment) checkClasses(classes int) error {
	if out := e.plan.Classes(); out != classes {
		return fmt.Errorf("the model ends in %d outputs, but %s has %s; set units: %d in the last layer",
			out, e.data.Name, strings.Replace(plural(classes, "class"), "classs", "classes", 1), classes)
	}
	return nil
}
