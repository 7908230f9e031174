package experiment

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"cnntrain/internal/builder"
	"cnntrain/internal/catalog"
	"cnntrain/internal/data"
	"cnntrain/internal/runs"
	"cnntrain/internal/spec"
	"cnntrain/internal/train"
	"cnntrain/internal/words"
)

// An Experiment is a decoded spec. It must not be used concurrently.
type Experiment struct {
	File  string        // the argument of Load; empty otherwise
	Was   *runs.Dataset // the data of the run that the spec is from; nil: none
	Spec  *spec.Spec
	Plan  *builder.Plan
	Data  *data.Config
	Train *train.Config
	Start Start

	used bool
}

// Load reads a spec file, or the spec of a run folder. Its error contains everything that
// is wrong with the spec.
func Load(path string, overrides []spec.Override) (*Experiment, error) {
	file := path
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, runs.SpecFile)
		if few := runs.Within(file); few != "" {
			return nil, fmt.Errorf("%s: is a folder of runs; choose one: %s", file, few)
		}
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && !runs.Is(file) {
			return nil, fmt.Errorf("%s: has no %s, which a run has; if it is a folder of images, cnntrain new NAME --classes %s writes a spec for them", file, runs.SpecFile, words.Shell(file))
		}
	}
	problems := spec.Problems{Elsewhere: optionPlace}
	e, err := New(spec.Load(path, overrides, &problems), &problems)
	if e != nil {
		e.File = file
		if file != path && !slices.ContainsFunc(overrides, changesDataset) {
			e.Remember(file)
		}
	}
	return e, err
}

func changesDataset(o spec.Override) bool {
	return len(o.Path) >= 2 && o.Path[0] == "data" && o.Path[1] == "dataset"
}

// Remember makes [Experiment.LoadData] look first where the run in dir, if there is one, had
// its data.
func (e *Experiment) Remember(dir string) {
	if r, err := runs.Open(dir); err == nil {
		e.Was = &r.Info.Dataset
	}
}

// New decodes all of s, which is nil if it could not be read.
func New(s *spec.Spec, problems *spec.Problems) (*Experiment, error) {
	if s == nil {
		return nil, problems.Err()
	}
	start := problems.Len()
	e := &Experiment{Spec: s, Plan: builder.NewPlan(s, problems)}
	before := problems.Len()
	e.Data = data.NewConfig(s.Data, problems)
	s.Data.CheckUnknown(problems)
	wrongData := problems.Len() > before
	e.Train = train.NewConfig(s.Train, problems)
	s.Train.CheckUnknown(problems)
	if t := &e.Train.FineTune; t.Given && e.Plan.Complete && problems.Len() == start {
		if err := e.Plan.FineTune(t.From, t.BatchNormalization); err != nil {
			problems.Add(t.Field.Pos, "fine_tune: %v", err)
		}
	}
	catalog.DecodeSection(s.Weights, problems, e.Start.Options)
	e.Start.File = WeightsFile(e.Start.File)
	s.Weights.CheckUnknown(problems)
	e.checkData(problems)
	if e.Plan.Complete {
		e.checkWeights(problems)
		e.Train.CheckOutputs(e.Plan.Outputs(), problems)
	}
	// With invalid data it is unknown whether there will be validation examples.
	e.Train.CheckMonitors(wrongData || e.Data.MayHaveValidation(), problems)
	return e, problems.Err()
}

// checkWeights reports options of the optimizer that name no weight of any phase.
func (e *Experiment) checkWeights(problems *spec.Problems) {
	names := e.Plan.Trained()
	if tuned := e.Plan.FineTuned(); tuned != nil {
		names = append(names, tuned.Trained()...)
	}
	if len(names) > 0 {
		e.Train.CheckWeights(names, problems)
	}
}

// fresh returns e, or a new Experiment for the same spec if e has been trained, because
// optimizers and callbacks have a state.
func (e *Experiment) fresh() (*Experiment, error) {
	if !e.used {
		e.used = true
		return e, nil
	}
	return e.again()
}

// again returns a new Experiment for the spec of e.
func (e *Experiment) again() (*Experiment, error) {
	text, err := e.Spec.Resolved()
	if err != nil {
		return nil, err
	}
	var problems spec.Problems
	again, err := New(spec.Parse(e.File, text, nil, &problems), &problems)
	if again != nil {
		again.File, again.Was, again.used = e.File, e.Was, true
	}
	return again, err
}

// checkData checks that images and classes fit the model, as far as both are known.
func (e *Experiment) checkData(problems *spec.Problems) {
	set := e.Data.Dataset
	if set == nil {
		return
	}
	if shape := set.Shape(); shape != nil && e.Spec.Input != nil && !slices.Equal(shape, e.Spec.Input) {
		problems.Add(e.Spec.InputPos, "input: %s has images of %v, not %v", e.Data.Name, shape, e.Spec.Input)
	}
	if classes := set.Classes(); classes != nil && e.Plan.Complete {
		if err := e.checkClasses(len(classes)); err != nil {
			problems.Add(e.Plan.OutputPos(), "%v", err)
		} else if err := e.Plan.WeighClasses(classes, nil); err != nil {
			problems.Add(e.Spec.Train.Pos, "train: %v", err)
		}
	}
}

// checkClasses compares the number of the model's outputs with the number of classes of the
// data.
func (e *Experiment) checkClasses(classes int) error {
	if out := e.Plan.Classes(); out != classes {
		return fmt.Errorf("the model ends in %d outputs, but %s has %s; set units: %d in the last layer",
			out, e.Data.Name, words.Count(classes, "class"), classes)
	}
	return nil
}
