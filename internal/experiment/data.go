package experiment

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"cnntrain/internal/data"
	"cnntrain/internal/data/dataset"
	"cnntrain/internal/spec"
)

// A Source is where the data of an experiment comes from.
type Source struct {
	dataset.Source // an empty Dir is the one that [DataDir] finds

	// Skipped, if set, is told of each image that is left out and why; its error ends
	// the loading.
	Skipped func(images []string) error
	// Warn, if set, is told what people should know of how the data was understood.
	Warn func(what string)
}

// An OptionError says that what was asked for cannot be done, whatever the spec.
type OptionError struct{ error }

// DataDir is where datasets lie, or are downloaded to: dir, if that is not empty, else
// $CNNTRAIN_DATA, else a folder in the user's cache.
func DataDir(dir string) (string, error) {
	if dir != "" {
		return dir, nil
	}
	if dir := os.Getenv("CNNTRAIN_DATA"); dir != "" {
		return dir, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", OptionError{fmt.Errorf("no folder for datasets: %v; give one with --data-dir", err)}
	}
	return filepath.Join(cache, "cnntrain"), nil
}

// LoadData loads and splits the data, which it downloads first unless it is there or
// src.Offline says not to.
func (e *Experiment) LoadData(ctx context.Context, src Source) (*data.Sets, error) {
	var err error
	if src.Dir, err = DataDir(src.Dir); err != nil {
		return nil, err
	}
	src.Input = e.Spec.Input
	d, err := e.Data.Dataset.Load(ctx, src.Source)
	if err != nil {
		return nil, err
	}
	if src.Skipped != nil {
		if err := src.Skipped(d.Skipped); err != nil {
			return nil, err
		}
	}
	if err := e.checkClasses(len(d.Classes)); err != nil {
		return nil, spec.Invalid{{Pos: e.Plan.OutputPos(), Message: err.Error()}}
	}
	sets, err := data.Split(d, e.Data.ValidationSplit, e.Data.Limit)
	if err != nil {
		return nil, err
	}
	if err := e.Plan.WeighClasses(d.Classes, data.Counts(sets.Train, len(d.Classes))); err != nil {
		return nil, spec.Invalid{{Pos: e.Spec.Train.Pos, Message: "train: " + err.Error()}}
	}
	if src.Warn != nil {
		for _, w := range sets.Warnings {
			src.Warn(w)
		}
	}
	var problems spec.Problems
	e.Train.CheckMonitors(sets.Val != nil, &problems)
	return sets, problems.Err()
}
