// Package runs manages run folders: their paths and files.
package runs

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"cnntrain/internal/checkpoint"
	"cnntrain/internal/shutdown"

	"github.com/gofrs/flock"
)

// The files of a run folder.
const (
	SpecFile    = "spec.yaml"
	InfoFile    = "run.json"
	EpochsFile  = "epochs.jsonl" // a line for each completed epoch, see Epoch
	MetricsFile = "metrics.csv"  // the same, for people
	BestFile    = "best.safetensors"
	LastFile    = "last.safetensors"     // weights and training state, to resume from
	BeforeFile  = "previous.safetensors" // the same, of the end of an earlier epoch; until the run is finished

	ImagesFile = "images.csv" // the files of the run's data, with their splits and digests

	CurvesFile    = "curves.png"
	ConfusionFile = "confusion.png"
	EventsFile    = "events.out.tfevents" // followed by the time

	SweepFile = "sweep.json" // in a folder whose runs a sweep has trained
)

// A Run is one run folder.
type Run struct {
	Dir  string
	Info Info
	// Rebuilt says why, and from which file, Info was rebuilt; empty: it was read.
	Rebuilt string

	lock *flock.Flock // held by the process that trains
	made []string     // the folders that were created for it, the innermost first
	keep func()       // the folder is complete: from now on nothing removes it
}

// Keep says that a folder that was just created is complete. Until then it is removed if the
// process ends.
func (r *Run) Keep() {
	if r.keep != nil {
		r.keep()
	}
}

// Discard removes a run folder that was just created, because its training could not start,
// with the parent folders that were created for it, unless they are in use by now. A folder
// that existed is emptied.
func (r *Run) Discard() error {
	defer r.Keep()
	return r.discard()
}

func (r *Run) discard() error {
	var errs []error
	if r.lock != nil {
		errs = append(errs, r.lock.Close())
	}
	entries, err := os.ReadDir(r.Dir)
	errs = append(errs, err)
	for _, e := range entries {
		errs = append(errs, os.RemoveAll(r.Path(e.Name())))
	}
	removeEmpty(r.made)
	return errors.Join(errs...)
}

// makeFolders creates dir and its parents, and returns those that did not exist, the
// innermost first.
func makeFolders(dir string) (made []string, err error) {
	for at := filepath.Clean(dir); ; at = filepath.Dir(at) {
		if _, err := os.Lstat(at); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		made = append(made, at)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		removeEmpty(made)
		return nil, fmt.Errorf("cannot make the run folder: %w", err)
	}
	return made, nil
}

// removeEmpty removes folders that are empty.
func removeEmpty(folders []string) {
	for _, dir := range folders {
		if os.Remove(dir) != nil {
			return
		}
	}
}

// Create creates the folder root/name/N, where N counts up from 1, and locks it. Two
// processes never get the same folder.
func Create(root, name string) (*Run, error) {
	parent := filepath.Join(root, name)
	made, err := makeFolders(parent)
	if err != nil {
		return nil, err
	}
	for n := last(parent) + 1; ; n++ {
		dir := filepath.Join(parent, strconv.Itoa(n))
		switch err := os.Mkdir(dir, 0o777); {
		case err == nil:
			return created(&Run{Dir: dir, made: append([]string{dir}, made...)}, nil)
		case !errors.Is(err, fs.ErrExist):
			return nil, fmt.Errorf("cannot make the run folder: %w", err)
		}
	}
}

// Next returns the folder that Create would create now.
func Next(root, name string) string {
	parent := filepath.Join(root, name)
	return filepath.Join(parent, strconv.Itoa(last(parent)+1))
}

// last returns the highest number that is a name in parent.
func last(parent string) (highest int) {
	entries, _ := os.ReadDir(parent)
	for _, e := range entries {
		if n, err := strconv.Atoi(e.Name()); err == nil {
			highest = max(highest, n)
		}
	}
	return highest
}

// CreateAt creates the run folder dir, which must be empty or not exist, and locks it. Two
// processes never get the same folder.
func CreateAt(dir string) (*Run, error) {
	made, err := makeFolders(dir)
	if err != nil {
		return nil, err
	}
	if err := Check(dir); err != nil {
		removeEmpty(made)
		return nil, err
	}
	r := &Run{Dir: dir, made: made}
	// Of two concurrent processes, the one that creates the file gets the folder.
	file, err := os.OpenFile(r.Path(InfoFile), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil, notEmpty(dir)
	case err != nil:
		return nil, fmt.Errorf("cannot make the run folder: %w", err)
	}
	return created(r, file.Close())
}

// created locks r, which was just created.
func created(r *Run, err error) (*Run, error) {
	r.keep = shutdown.Undo(func() { _ = r.discard() }) // the process ends anyway
	return r, errors.Join(err, r.Lock())
}

func notEmpty(dir string) error {
	return fmt.Errorf("%s: not empty; a run never overwrites anything, choose another --out", dir)
}

// Check returns the error that CreateAt would return, and leaves nothing behind: if dir
// does not exist, it checks the nearest existing parent folder.
func Check(dir string) error {
	entries, err := os.ReadDir(dir)
	for errors.Is(err, fs.ErrNotExist) && filepath.Dir(dir) != dir {
		dir = filepath.Dir(dir)
		_, err = os.Stat(dir)
	}
	switch {
	case err != nil:
		return fmt.Errorf("cannot make the run folder: %w", err)
	case len(entries) > 0:
		return notEmpty(dir)
	}
	probe, err := os.CreateTemp(dir, ".probe-*")
	if err != nil {
		return fmt.Errorf("cannot make the run folder in %s: %w", dir, errors.Unwrap(err)) // without the temporary file's path
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// Path returns the path of a file of the run.
func (r *Run) Path(file string) string { return filepath.Join(r.Dir, file) }

// Has reports whether a file of the run exists.
func (r *Run) Has(file string) bool {
	_, err := os.Stat(r.Path(file))
	return err == nil
}

// Delete deletes files of the run, those that there are.
func (r *Run) Delete(files ...string) error {
	var errs []error
	for _, file := range files {
		if err := os.Remove(r.Path(file)); !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// SaveInfo writes run.json atomically. While the run is training, its epochs are in epochs.jsonl
// alone, to which each is appended: writing all of them after every epoch would take longer and
// longer.
func (r *Run) SaveInfo() error {
	info := r.Info
	if info.Status == Running {
		info.Epochs = nil
	}
	return r.Write(InfoFile, func(w io.Writer) error {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(&info)
	})
}

// Write writes a file of the run atomically.
func (r *Run) Write(file string, write func(io.Writer) error) error {
	return checkpoint.WriteFile(r.Path(file), write)
}
