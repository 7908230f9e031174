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
// else previous.safetensors: spec, classes, epochs and the best one. The digest of the data, the
// machine, the test results and times are not in there. The status is interrupted: resuming adds
// them, also if no epoch is left to do.
func (r *Run) rebuild(damage error) error {
	var errs []error
	for _, file := range []string{LastFile, BeforeFile} {
		f, err := checkpoint.Read(r.Path(file))
		if err == nil {
			r.Info, err = infoOf(f)
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

// infoOf returns what a checkpoint with a training state knows of its run.
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
	info.Epochs, info.Best, err = Progress(f)
	return info, err
}

// Progress returns the epochs and the best one that are in the training state of a checkpoint:
// the two values that the callback keeps which writes run.json.
func Progress(f *checkpoint.File) (epochs []Figures, best *Best, err error) {
	var state struct {
		Callbacks [][]json.RawMessage `json:"callbacks"`
	}
	if err := json.Unmarshal([]byte(f.Metadata[MetaState]), &state); err != nil {
		return nil, nil, fmt.Errorf("its training state: %w", err)
	}
	for _, kept := range state.Callbacks {
		epochs, best = nil, nil
		if len(kept) == 2 && json.Unmarshal(kept[0], &epochs) == nil && epochs != nil && json.Unmarshal(kept[1], &best) == nil {
			return epochs, best, nil
		}
	}
	return nil, nil, errors.New("its training state has no epochs")
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
