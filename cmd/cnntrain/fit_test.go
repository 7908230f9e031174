package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// runJSON runs a command in this process and decodes its output.
func runJSON(t *testing.T, into any, args ...string) {
	t.Helper()
	var out, errs bytes.Buffer
	s := newStreams(&out, &errs, nil)
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

// The test and validation results of fit are those of eval, to the last bit, also for a run
// with a limit.
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
