package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

var kills = flag.Int("kills", 10, "how often TestNothingIsLostByKills kills a training")

// killed is a training that uses every component with a state, and what is computed from the
// data before the first step, and saves after each step,
// so that many kills happen during a write.
const killed = `
name: killed
input: [32, 32, 3]
data: {dataset: {shapes: {train: 400, test: 10}}, validation_split: 0.2}
layers:
  - random_flip: horizontal
  - random_rotation: 0.05
  - normalization
  - max_pooling2d: 2
  - conv2d: {filters: 8, kernel_size: 3}
  - batch_normalization
  - activation: relu
  - residual:
      - conv2d: {filters: 8, kernel_size: 1}
      - stochastic_depth: 0.2
  - flatten
  - dropout: 0.3
  - dense: {units: 64, activation: relu}
  - dense: {units: 10, activation: softmax}
train:
  epochs: 40
  batch_size: 12
  optimizer: adam
  schedule: {cosine_decay: {warmup_epochs: 2}}
  early_stopping: {patience: 30, restore_best_weights: true}
  reduce_lr_on_plateau: {patience: 2}
`

// TestNothingIsLostByKills kills the real program at random moments and resumes, until it
// was killed as often as -kills says. Each training must end like an uninterrupted one.
func TestNothingIsLostByKills(t *testing.T) {
	t.Parallel() // its programs are processes of their own
	dir := t.TempDir()
	spec := filepath.Join(dir, "killed.yaml")
	if err := os.WriteFile(spec, []byte(killed), 0o666); err != nil {
		t.Fatal(err)
	}
	whole := filepath.Join(dir, "whole")
	began := time.Now()
	if out, err := exec.Command("cnntrain", "fit", spec, "--out", whole).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	took := time.Since(began)
	want := endOf(t, whole)

	rng := rand.New(rand.NewPCG(1, uint64(time.Now().UnixNano())))
	var total, trainings, unborn, torn int
	for total < *kills {
		run := filepath.Join(dir, "run")
		if err := os.RemoveAll(run); err != nil {
			t.Fatal(err)
		}
		trainings++
		for {
			args := []string{"fit", "--resume", run}
			if info, err := os.Stat(filepath.Join(run, "run.json")); errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
				if err := os.RemoveAll(run); err != nil { // killed before a run folder existed
					t.Fatal(err)
				}
				args = []string{"fit", spec, "--out", run}
				unborn++
			}
			var out bytes.Buffer
			cmd := exec.Command("cnntrain", append(args, "--checkpoint-every", "1ns")...)
			cmd.Stdout, cmd.Stderr = &out, &out
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			if total < *kills {
				timer := time.AfterFunc(time.Duration(rng.Int64N(int64(took))), func() { _ = cmd.Process.Kill() })
				defer timer.Stop()
			}
			err := cmd.Wait()
			if err == nil {
				break
			}
			if cmd.ProcessState.Exited() { // on its own
				t.Fatalf("after %d kills: %s\n%s", total, strings.Join(args, " "), out.String())
			}
			total++
			if left, _ := filepath.Glob(filepath.Join(run, ".*.tmp-*")); len(left) > 0 {
				torn++
			}
		}
		if left, _ := filepath.Glob(filepath.Join(run, ".*.tmp-*")); len(left) > 0 {
			t.Errorf("left %v behind", left)
		}
		got := endOf(t, run)
		for file := range want {
			if !reflect.DeepEqual(got[file], want[file]) {
				t.Fatalf("training %d, after %d kills: another %s than without them", trainings, total, file)
			}
		}
	}
	t.Logf("%d kills in %d trainings of %v, %d of them before the run folder was there, %d within a write", total, trainings, took.Round(time.Millisecond), unborn-trainings, torn)
}

// endOf returns what must be equal in a run: bytes, metrics without times, results.
func endOf(t *testing.T, run string) map[string]any {
	t.Helper()
	end := map[string]any{}
	for _, file := range []string{"spec.yaml", "best.safetensors", "last.safetensors", "metrics.csv", "run.json"} {
		raw, err := os.ReadFile(filepath.Join(run, file))
		if err != nil {
			t.Fatal(err)
		}
		end[file] = raw
	}
	var rows []string
	for line := range strings.Lines(string(end["metrics.csv"].([]byte))) {
		fields := strings.Split(line, ",")
		rows = append(rows, strings.Join(fields[:len(fields)-2], ","))
	}
	end["metrics.csv"] = rows
	var info struct{ Status, Reason, Epochs, Best, Test any }
	if err := json.Unmarshal(end["run.json"].([]byte), &info); err != nil {
		t.Fatal(err)
	}
	end["run.json"] = info
	return end
}
