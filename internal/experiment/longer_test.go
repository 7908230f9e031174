package experiment_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"cnntrain/internal/experiment"
	"cnntrain/internal/runs"
	"cnntrain/internal/spec"
	"cnntrain/internal/train/callback"
)

// A run that is trained longer ends with the bytes of a run of so many epochs, also if it
// stops just before the first file, or between two files, is written for the new number.
func TestARunGoesOnForMoreEpochs(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "shapes.yaml")
	writeSpec(t, file)
	fit := func(name, epochs string) string {
		e, err := experiment.Load(file, []spec.Override{spec.TextOverride("train.epochs", epochs, "--epochs")})
		if err != nil {
			t.Fatal(err)
		}
		r, err := e.Fit(t.Context(), experiment.Options{Out: filepath.Join(dir, name)})
		if err != nil {
			t.Fatal(err)
		}
		return r.Dir
	}
	read := func(run, file string) []byte {
		data, err := os.ReadFile(filepath.Join(run, file))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	whole := fit("whole", "5")
	check := func(run string) {
		t.Helper()
		for _, file := range []string{runs.SpecFile, runs.BestFile, runs.LastFile} {
			if !bytes.Equal(read(run, file), read(whole, file)) {
				t.Errorf("%s: another %s than that of a run of 5 epochs", run, file)
			}
		}
	}

	longer := fit("longer", "2")
	r, err := experiment.Resume(t.Context(), longer, experiment.Options{Epochs: 5})
	if err != nil || r.Info.Status != runs.Finished || len(r.Info.Epochs) != 5 {
		t.Fatal(r, err)
	}
	check(longer)

	// As if killed after the spec was written.
	killed := fit("killed", "2")
	if err := os.WriteFile(filepath.Join(killed, runs.SpecFile), read(whole, runs.SpecFile), 0o666); err != nil {
		t.Fatal(err)
	}
	info := bytes.Replace(read(killed, runs.InfoFile), []byte("finished"), []byte("running"), 1)
	if err := os.WriteFile(filepath.Join(killed, runs.InfoFile), info, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := experiment.Resume(t.Context(), killed, experiment.Options{}); err != nil {
		t.Fatal(err)
	}
	check(killed)

	// Interrupted in the first step of the third epoch.
	broken := fit("broken", "2")
	stop := errors.New("stop")
	l := &failing{err: stop}
	if _, err := experiment.Resume(t.Context(), broken, experiment.Options{Epochs: 5, Listener: l}); !errors.Is(err, stop) {
		t.Fatal(err)
	}
	if _, err := experiment.Resume(t.Context(), broken, experiment.Options{Epochs: 5}); err != nil {
		t.Fatal(err)
	}
	check(broken)
}

// failing is a Listener whose training fails in its first step.
type failing struct {
	listener
	err error
}

func (l *failing) Watch(*experiment.Experiment, *runs.Run) callback.Callback {
	return callback.Callback{Batch: func(*callback.State) error { return l.err }}
}
