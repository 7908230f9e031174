package runs

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"cnntrain/internal/checkpoint"
	"cnntrain/internal/spec"
)

// Metadata keys of our checkpoints, which make them usable without their run.
const (
	MetaSpec    = "cnntrain.spec"    // the resolved spec
	MetaClasses = "cnntrain.classes" // JSON list of names
	MetaEpoch   = "cnntrain.epoch"
	MetaState   = "cnntrain.state"  // in last.safetensors: the training state, together with tensors
	MetaWithin  = "cnntrain.within" // with it: "true" if the epoch is not complete
)

// rebuild restores the content of a run.json that is damaged or gone from last.safetensors, or
// else previous.safetensors: spec, classes, the number of epochs and the best one; the figures of
// the epochs are in epochs.jsonl and metrics.csv. The digest of the data, the machine, the test results and times are not in there. The status is interrupted: resuming adds
// them, also if no epoch is left to do.
func (r *Run) rebuild(damage error) error {
	var errs []error
	for _, file := range []string{LastFile, BeforeFile} {
		f, err := checkpoint.Read(r.Path(file))
		if err == nil {
			err = r.rebuildFrom(f)
		}
		if err == nil {
			var at fs.FileInfo
			if at, err = os.Stat(r.Path(file)); err == nil {
				r.Info.Started = at.ModTime().UTC()
				r.Rebuilt = fmt.Sprintf("%v; rebuilt from %s", damage, file)
				r.Info.Reason = InfoFile + " was rebuilt from " + file
				return nil
			}
		}
		if !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(append([]error{damage}, errs...)...)
}

// rebuildFrom sets Info to what a checkpoint with a training state knows of its run, with the
// figures of its epochs from the files that have them.
func (r *Run) rebuildFrom(f *checkpoint.File) error {
	info, err := infoOf(f)
	if err != nil {
		return err
	}
	past, best, epochs, err := Progress(f)
	if err != nil {
		return err
	}
	if epochs == nil {
		r.Info.Epochs = nil
		epochs, _ = r.recall(past) // resuming reports what is lost
	}
	r.Info = info
	r.take(epochs)
	r.Info.Best = best
	return nil
}

// infoOf returns what a checkpoint with a training state knows of its run, without its epochs.
func infoOf(f *checkpoint.File) (info Info, err error) {
	var problems spec.Problems
	s := spec.Parse(MetaSpec, []byte(f.Metadata[MetaSpec]), nil, &problems)
	if err := problems.Err(); err != nil {
		return info, err
	}
	info = Info{Name: s.Name, Status: Running, Command: []string{}}
	for _, v := range s.Values() {
		switch v.Path {
		case "train.seed":
			info.Seed, err = strconv.Atoi(v.Text)
		case "data.dataset":
			info.Dataset.Name = v.Text
		}
		if name, ok := strings.CutPrefix(v.Path, "data.dataset."); ok { // with options
			info.Dataset.Name, _, _ = strings.Cut(name, ".")
		}
		if err != nil {
			return info, err
		}
	}
	for _, t := range f.Tensors {
		if !strings.HasPrefix(t.Name, checkpoint.StatePrefix) {
			info.Params += len(t.Data)
		}
	}
	if err := json.Unmarshal([]byte(f.Metadata[MetaClasses]), &info.Dataset.Classes); err != nil {
		return info, fmt.Errorf("its list of classes: %w", err)
	}
	return info, nil
}

// Damaged ends the name under which a damaged file is kept when it is written again.
const Damaged = ".damaged"

// SetAside renames a file of the run that will be written again, if there is one.
func (r *Run) SetAside(file string) error {
	err := os.Rename(r.Path(file), r.Path(file+Damaged))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
