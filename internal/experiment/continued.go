package experiment

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"cnntrain/internal/runs"
	"cnntrain/internal/shutdown"
)

// Continued creates the run folder dir, which must not exist, as a copy of the finished run from
// that [Resume] trains for more epochs, to the bytes of a run that was started with as many. An
// error says why that cannot be, as that of Resume with Epochs, and leaves no folder.
func Continued(from, dir string, epochs int) (err error) {
	f := &fit{options: Options{Epochs: epochs}.filled()}
	if f.run, err = runs.Open(from); err != nil {
		return err
	}
	f.finished = f.run.Info.Status == runs.Finished
	if f.Experiment, err = Load(from, nil); err != nil {
		return err
	}
	if err = f.openLonger(); err != nil {
		return err
	}
	// A folder under another name, so that after a crash dir is complete or not there.
	begun := filepath.Join(filepath.Dir(dir), "."+filepath.Base(dir)+".begun")
	if err := os.RemoveAll(begun); err != nil {
		return err
	}
	if err := os.Mkdir(begun, 0o777); err != nil {
		return err
	}
	defer shutdown.Remove(begun)()
	if err = f.copyTo(begun); err == nil {
		err = os.Rename(begun, dir)
	}
	if err != nil {
		return errors.Join(err, os.RemoveAll(begun))
	}
	return nil
}

// copyTo copies the run as it is before it is resumed for the first time with more epochs.
func (f *fit) copyTo(dir string) error {
	longer := &fit{Experiment: f.Experiment, run: &runs.Run{Dir: dir, Info: f.run.Info}}
	for _, file := range []string{runs.BestFile, runs.LastFile, runs.EpochsFile, runs.MetricsFile, runs.ImagesFile} {
		if err := copyFile(f.run.Path(file), longer.run.Path(file)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	info := &longer.run.Info
	info.Status, info.Reason = runs.Interrupted, fmt.Sprintf("continues %s", f.run.Dir)
	info.Test, info.Untested = nil, ""
	return errors.Join(longer.writeLonger(), longer.run.SaveInfo())
}

// copyFile copies a file of a run. Checkpoints, which are only ever replaced, become links where
// the file system has them.
func copyFile(from, to string) error {
	if filepath.Ext(from) == ".safetensors" && os.Link(from, to) == nil {
		return nil
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
