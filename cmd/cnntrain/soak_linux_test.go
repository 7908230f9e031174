package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// soaked is a model of 418 parameters, so that an epoch is mostly what happens after it.
const soaked = `
name: soaked
input: [32, 32, 3]
data: {dataset: {shapes: {train: 60, test: 10}}, validation_split: 0.2}
layers:
  - max_pooling2d: 8
  - conv2d: {filters: 6, kernel_size: 3, activation: relu}
  - flatten
  - dense: {units: 10, activation: softmax}
train: {batch_size: 16, early_stopping: {patience: 9999, restore_best_weights: true}}
`

// A usage is what a process has used up to now.
type usage struct {
	epochs, files int
	written       int64 // bytes, by write calls
	memory        int64 // resident, in bytes
	cpu, wall     time.Duration
}

// usageOf reads the usage of a process that trains in dir from /proc.
func usageOf(pid int, dir string, began time.Time) (u usage, err error) {
	read := func(file string) (text string) {
		var b []byte
		if err == nil {
			b, err = os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, file))
		}
		return string(b)
	}
	number := func(text, before string) (n int64) {
		_, rest, _ := strings.Cut(text, before)
		_, _ = fmt.Sscan(rest, &n) // 0 if it is not there, which the test rejects
		return n
	}
	_, stat, _ := strings.Cut(read("stat"), ") ")
	u.written, u.memory = number(read("io"), "wchar:"), number(read("status"), "VmRSS:")<<10
	if f := strings.Fields(stat); len(f) > 12 {
		user, _ := strconv.Atoi(f[11])
		system, _ := strconv.Atoi(f[12])
		u.cpu = time.Duration(user+system) * 10 * time.Millisecond
	}
	files, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	lines, _ := os.ReadFile(filepath.Join(dir, "epochs.jsonl"))
	u.files, u.epochs, u.wall = len(files), bytes.Count(lines, []byte("\n")), time.Since(began)
	return u, err
}

// In thousands of epochs the cost of an epoch stays the same: bytes written, processor time,
// memory and open files. Without -long the epochs are hundreds, and only what does not depend
// on other programs is compared.
func TestManyEpochsCostNoMoreEach(t *testing.T) {
	epochs := 300
	if *long {
		epochs = 3000
	}
	dir := t.TempDir()
	file, out := filepath.Join(dir, "soaked.yaml"), filepath.Join(dir, "run")
	if err := os.WriteFile(file, []byte(soaked), 0o666); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("cnntrain", "fit", file, "--out", out, "--epochs", strconv.Itoa(epochs), "--threads", "1")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	var at []usage // at 10%, 20%, …, 90%
	for len(at) < 9 {
		time.Sleep(time.Millisecond)
		u, err := usageOf(cmd.Process.Pid, out, began)
		if err != nil {
			t.Fatalf("after %d epochs: %v", u.epochs, err)
		}
		if u.epochs*10 >= epochs*(len(at)+1) {
			at = append(at, u)
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	per := func(from, to usage) (written, cpu, wall float64) {
		n := float64(to.epochs - from.epochs)
		return float64(to.written-from.written) / n, (to.cpu - from.cpu).Seconds() * 1e3 / n, (to.wall - from.wall).Seconds() * 1e3 / n
	}
	for i := range at[1:] {
		w, cpu, wall := per(at[i], at[i+1])
		t.Logf("epochs %d to %d: each %.0f bytes written, %.2f ms of CPU time, %.1f ms; then %d open files, %.1f MB", at[i].epochs, at[i+1].epochs, w, cpu, wall, at[i+1].files, float64(at[i+1].memory)/1e6)
	}
	first, firstCPU, _ := per(at[0], at[3])
	last, lastCPU, _ := per(at[5], at[8])
	if first == 0 || last > 1.1*first {
		t.Errorf("%.0f bytes are written for an early epoch, %.0f for a late one", first, last)
	}
	if a, b := at[0].files, at[8].files; b > a+3 { // some are open for a moment
		t.Errorf("%d open files became %d", a, b)
	}
	if !*long {
		return
	}
	if lastCPU > 1.2*firstCPU {
		t.Errorf("an early epoch takes %.2f ms of CPU time, a late one %.2f", firstCPU, lastCPU)
	}
	if a, b := at[1].memory, at[8].memory; b > a+16<<20 {
		t.Errorf("%d bytes of memory became %d", a, b)
	}
}
