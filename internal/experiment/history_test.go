package experiment_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"cnntrain/internal/experiment"
	"cnntrain/internal/runs"
	"cnntrain/internal/train/callback"
)

// copyRun copies the files of a run folder and returns the copy.
func copyRun(t *testing.T, from string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), filepath.Base(from))
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return to
}

// Runs of versions that wrote all epochs to run.json and to the state, after each epoch, are
// read as before, resumed and trained longer: killed was killed in epoch 6 of 9, finished has 8.
func TestRunsOfEarlierVersionsGoOn(t *testing.T) {
	open := func(dir string) *runs.Run {
		t.Helper()
		r, err := runs.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for name, c := range map[string]struct {
		epochs  int
		options experiment.Options
	}{"killed": {5, experiment.Options{}}, "finished": {8, experiment.Options{Epochs: 9}}} {
		dir := copyRun(t, filepath.Join("testdata", "old-runs", name))
		before := open(dir)
		if n := len(before.Info.Epochs); n != c.epochs || before.Info.Best == nil || before.Info.Best.Epoch != n {
			t.Fatalf("%s: %d epochs, best %v", name, n, before.Info.Best)
		}
		// Also without run.json.
		if err := os.Remove(filepath.Join(dir, runs.InfoFile)); err != nil {
			t.Fatal(err)
		}
		if r := open(dir); !reflect.DeepEqual(r.Info.Epochs, before.Info.Epochs) || !reflect.DeepEqual(r.Info.Best, before.Info.Best) {
			t.Errorf("%s: rebuilt %v, best %v", name, r.Info.Epochs, r.Info.Best)
		}
		dir = copyRun(t, filepath.Join("testdata", "old-runs", name))
		r, err := experiment.Resume(t.Context(), dir, c.options)
		if err != nil {
			t.Fatal(name, err)
		}
		after := open(dir)
		if len(after.Info.Epochs) != 9 || !reflect.DeepEqual(after.Info.Epochs[:c.epochs], before.Info.Epochs) || after.Info.Status != runs.Finished {
			t.Errorf("%s: %s with %v", name, after.Info.Status, after.Info.Epochs)
		}
		rows, err := os.ReadFile(r.Path(runs.MetricsFile))
		if err != nil || strings.Count(string(rows), "\n") != 10 || !strings.Contains(string(rows), "\n1,450.8528366088867,0.125,418.7222900390625,0.08333333333333333,0.001,0.0") {
			t.Errorf("%s: %v\n%s", name, err, rows)
		}
	}
}

// leaving is a Listener whose training fails after an epoch was logged, before its state is
// saved.
type leaving struct {
	listener
	after int
	err   error
}

func (l *leaving) Watch(*experiment.Experiment, *runs.Run) callback.Callback {
	return callback.Callback{Epoch: func(s *callback.State) error {
		if s.Epoch == l.after {
			return l.err
		}
		return nil
	}}
}

// A run that was interrupted ends with the bytes and figures of one that was not, whatever
// happened to its history in the meantime.
func TestTheHistoryIsThatOfTheState(t *testing.T) {
	file := filepath.Join(t.TempDir(), "shapes.yaml")
	writeSpec(t, file)
	e, err := experiment.Load(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	epochs := e.Train.Epochs
	whole, err := e.Fit(t.Context(), experiment.Options{Out: filepath.Join(t.TempDir(), "whole")})
	if err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(t.TempDir(), "cut")
	stop := errors.New("stop")
	if _, err := e.Fit(t.Context(), experiment.Options{Out: cut, Listener: &leaving{after: 2, err: stop}}); !errors.Is(err, stop) {
		t.Fatal(err)
	}
	tear := func(dir, file string, keep float64) {
		path := filepath.Join(dir, file)
		text, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(path, text[:int(keep*float64(len(text)))], 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, damage := range map[string]func(dir string){
		"nothing":                 func(string) {},
		"run.json":                func(dir string) { tear(dir, runs.InfoFile, 0.5) },
		"epochs.jsonl":            func(dir string) { tear(dir, runs.EpochsFile, 0.3) },
		"metrics.csv":             func(dir string) { tear(dir, runs.MetricsFile, 0.7) },
		"run.json and one of two": func(dir string) { tear(dir, runs.InfoFile, 0); tear(dir, runs.EpochsFile, 0) },
	} {
		dir := copyRun(t, cut)
		damage(dir)
		r, err := experiment.Resume(t.Context(), dir, experiment.Options{})
		if err != nil {
			t.Fatal(name, err)
		}
		if !reflect.DeepEqual(r.Info.Epochs, whole.Info.Epochs) || len(r.Info.Epochs) != epochs {
			t.Errorf("%s damaged: epochs %v, want %v", name, r.Info.Epochs, whole.Info.Epochs)
		}
		got, err := os.ReadFile(r.Path(runs.LastFile))
		want, other := os.ReadFile(whole.Path(runs.LastFile))
		if err := errors.Join(err, other); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s damaged: another state, %v", name, err)
		}
	}
}
