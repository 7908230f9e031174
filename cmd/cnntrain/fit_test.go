package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cnntrain/internal/data"
	"cnntrain/internal/experiment"
	"cnntrain/internal/runs"
	"cnntrain/internal/train/callback"
)

func TestOnlyACanceledRunIsInterrupted(t *testing.T) {
	full := errors.New("no space left on device")
	for _, c := range []struct {
		err  error
		want runs.Status
	}{
		{context.Canceled, runs.Interrupted},
		{errors.Join(context.Canceled), runs.Interrupted},
		{fmt.Errorf("reading: %w", context.Canceled), runs.Interrupted},
		{errors.Join(context.Canceled, full), runs.Failed},
		{errors.Join(context.Canceled, errors.Join(context.Canceled, full)), runs.Failed},
		{full, runs.Failed},
	} {
		r, err := runs.CreateAt(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		f := &fit{run: r}
		err = f.broken(c.err)
		if r.Info.Status != c.want || canceled(err) != (c.want == runs.Interrupted) {
			t.Errorf("%v: the run is %s, and fit returns %v", c.err, r.Info.Status, err)
		}
		if errors.Is(c.err, full) && !strings.Contains(fmt.Sprint(err), full.Error()) {
			t.Errorf("%v is lost in %v", c.err, err)
		}
	}
}

func TestBestIsNotedOnlyOnceItIsSaved(t *testing.T) {
	e, err := experiment.Load(filepath.Join("..", "..", "specs", "quickstart.yaml"), nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := runs.CreateAt(filepath.Join(t.TempDir(), "run"))
	if err != nil {
		t.Fatal(err)
	}
	f := &fit{Experiment: e, run: r, monitor: callback.NewMonitor("loss"), sets: &data.Sets{}}
	s := &callback.State{Epoch: 3, Logs: callback.Logs{{Name: "loss", Value: 1}}}
	if err := os.RemoveAll(r.Dir); err != nil {
		t.Fatal(err)
	}
	if err := f.saveBest(s); err == nil || r.Info.Best != nil {
		t.Errorf("saved where nothing can be: %v, best %v", err, r.Info.Best)
	}
}

// runJSON runs a command in this process and reads what it printed.
func runJSON(t *testing.T, into any, args ...string) {
	t.Helper()
	var out, errs bytes.Buffer
	s := &streams{out: &out, err: &errs, errWidth: func() int { return 0 }}
	if code := run(t.Context(), args, s); code != 0 {
		t.Fatalf("%v: exit code %d: %s", args, code, errs.String())
	}
	if err := json.Unmarshal(out.Bytes(), into); err != nil {
		t.Fatalf("%v: %v in %s", args, err, out.String())
	}
}

const tinySpec = `input: [32, 32, 3]
data: {dataset: {shapes: {train: 400, test: 50}}, validation_split: 0.2}
layers:
  - max_pooling2d: 8
  - flatten
  - dense: {units: 10, activation: softmax}
train: {epochs: 2, batch_size: 7, optimizer: {sgd: 1e-6}}
`

// What fit says of the test and validation data is what eval says, to the last bit,
// also of a run that was limited.
func TestEvalRepeatsTheFiguresOfFit(t *testing.T) {
	dir := t.TempDir()
	file, out := filepath.Join(dir, "tiny.yaml"), filepath.Join(dir, "run")
	if err := os.WriteFile(file, []byte(tinySpec), 0o600); err != nil {
		t.Fatal(err)
	}
	var fitted struct {
		Test struct{ Loss, Accuracy float64 }
		Best struct{ Value float64 }
	}
	runJSON(t, &fitted, "fit", file, "--limit", "333", "--out", out, "--json")
	var evaluated []struct {
		Examples       int
		Loss, Accuracy float64
	}
	runJSON(t, &evaluated, "eval", out, "--json")
	if e := evaluated[0]; e.Loss != fitted.Test.Loss || e.Accuracy != fitted.Test.Accuracy || e.Examples != 50 {
		t.Errorf("eval says %+v, fit said %+v", e, fitted.Test)
	}
	runJSON(t, &evaluated, "eval", out, "--split", "val", "--json")
	if e := evaluated[0]; e.Loss != fitted.Best.Value || e.Examples != 67 {
		t.Errorf("eval says %+v of the validation data, fit said %v", e, fitted.Best.Value)
	}
}
