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
	if dir == "" {
		dir = os.Getenv("CNNTRAIN_DATA")
	}
	if dir != "" {
		return dataset.ExpandHome(dir), nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", OptionError{fmt.Errorf("no folder for datasets: %v; give one with --data-dir", err)}
	}
	return filepath.Join(cache, "cnntrain"), nil
}

// DataDirOf is the [DataDir] of a dataset. It may be empty for a dataset that does not need
// one, where there is no home folder: under cron, systemd, in a container.
func DataDirOf(set dataset.Dataset, dir string) (string, error) {
	dir, err := DataDir(dir)
	if err != nil && !dataset.NeedsDir(set) {
		return "", nil
	}
	return dir, err
}

// openAgain loads the data of e. It looks first where the run that e is from had it.
func (e *Experiment) openAgain(ctx context.Context, src Source) (*dataset.Data, error) {
	if e.Was == nil {
		return e.open(ctx, e.Data.Dataset, src)
	}
	set := dataset.Again(e.Data.Dataset, e.Was.Path)
	if src.Dir == "" && e.Was.DataDir != "" && !dataset.IsFiles(set) {
		there := src
		there.Dir, there.Offline = e.Was.DataDir, true
		if d, err := e.open(ctx, set, there); err == nil {
			return d, nil
		} // else it may be where datasets are by default
	}
	return e.open(ctx, set, src)
}

// open loads a dataset, with images of the shape of the spec's input.
func (e *Experiment) open(ctx context.Context, set dataset.Dataset, src Source) (d *dataset.Data, err error) {
	src.Input = e.Spec.Input
	if src.Dir, err = DataDirOf(set, src.Dir); err != nil {
		return nil, err
	}
	if src.Images, err = ImageCache(); err != nil {
		return nil, err
	}
	if d, err = set.Load(ctx, src.Source); err != nil {
		return nil, err
	}
	if src.Skipped != nil {
		err = src.Skipped(d.Skipped)
	}
	return d, err
}

// LoadOther loads set, another dataset than that which e was trained on, for a model that
// knows the classes: those of set are found among them by name, and need not be all of them.
// Nothing is held out for validation.
func (e *Experiment) LoadOther(ctx context.Context, set dataset.Dataset, classes []string, src Source) (*data.Sets, error) {
	d, err := e.open(ctx, set, src)
	if err != nil {
		return nil, err
	}
	sets, err := data.Known(d, classes)
	if err == nil {
		err = e.Plan.SetLabels(sets.Labels)
	}
	if err == nil && src.Warn != nil {
		for _, w := range sets.Warnings {
			src.Warn(w)
		}
	}
	return sets, err
}

// LoadData loads and splits the data. It downloads missing data unless src.Offline is set.
func (e *Experiment) LoadData(ctx context.Context, src Source) (*data.Sets, error) {
	d, err := e.openAgain(ctx, src)
	if err != nil {
		return nil, err
	}
	if err := e.checkClasses(len(d.Classes)); err != nil {
		return nil, spec.Invalid{{Pos: e.Plan.OutputPos(), Message: err.Error()}}
	}
	if err := e.Plan.SetLabels(d.Labels); err != nil {
		return nil, spec.Invalid{{Pos: e.Plan.OutputPos(), Message: err.Error()}}
	}
	sets, err := data.Split(d, e.Data.ValidationSplit, e.Data.Fold, e.Data.Limit)
	if err != nil {
		return nil, err
	}
	if err := e.Plan.WeighClasses(d.Classes, data.Counts(sets.Train, len(d.Classes), d.Labels)); err != nil {
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
