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

// A Source says where the data of an experiment is.
type Source struct {
	dataset.Source // if Dir is empty, [DataDir] decides

	// Skipped, if set, is called for each image that is left out, with the reason; its
	// error ends the loading.
	Skipped func(images []string) error
	// Warn, if set, is called with warnings about how the data was interpreted.
	Warn func(what string)
}

// An OptionError says that the options are invalid, whatever the spec.
type OptionError struct{ error }

// DataDir is the folder of the datasets, also of downloaded ones: dir, if not empty, else
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

// LoadData loads and splits the data. It downloads missing data unless src.Offline is set.
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
