package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"cnntrain/specs"
)

// TestEverySpecGivesTheSameBytes trains every seed spec a little, also with another number
// of threads and after a kill; without -long only the small specs.
func TestEverySpecGivesTheSameBytes(t *testing.T) {
	t.Parallel() // its programs are processes of their own
	for _, name := range specs.Names() {
		t.Run(name, func(t *testing.T) {
			data := []string{"--set", "data.dataset=shapes", "--set", "data.dataset.shapes.train=45", "--set", "data.dataset.shapes.test=10"}
			if name == "lenet5-mnist" {
				dir := os.Getenv("CNNTRAIN_TEST_DATA")
				if dir == "" {
					t.Skip("CNNTRAIN_TEST_DATA is not set: no real MNIST")
				}
				data = []string{"--data-dir", dir}
			}
			file, overrides := forShapes(t, name)
			data = append(data, overrides...)
			if largeSpecs[name] {
				needLong(t)
			}
			dir := t.TempDir()
			start := func(out string, more ...string) *exec.Cmd {
				args := append([]string{"fit", file, "--out", filepath.Join(dir, out),
					"--limit", "45", "--batch-size", "10", "--epochs", "2"}, data...)
				cmd := exec.Command("cnntrain", append(args, more...)...)
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				return cmd
			}
			wait := func(cmd *exec.Cmd) {
				if err := cmd.Wait(); err != nil {
					t.Fatal(cmd.Args, err)
				}
			}
			wait(start("one", "--threads", "1"))
			wait(start("three", "--threads", "3"))
			cut := start("cut", "--threads", "2", "--checkpoint-every", "1ns")
			for !exists(filepath.Join(dir, "cut", "last.safetensors")) {
				time.Sleep(time.Millisecond)
			}
			_ = cut.Process.Kill()
			_ = cut.Wait() // parts of a run, or finished by now
			if out, err := exec.Command("cnntrain", "fit", "--resume", filepath.Join(dir, "cut")).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			for _, file := range []string{"best.safetensors", "last.safetensors"} {
				want, err := os.ReadFile(filepath.Join(dir, "one", file))
				if err != nil {
					t.Fatal(err)
				}
				for _, run := range []string{"three", "cut"} {
					got, err := os.ReadFile(filepath.Join(dir, run, file))
					if err != nil || !bytes.Equal(got, want) {
						t.Errorf("%s/%s is not that of one thread, uninterrupted: %v", run, file, err)
					}
				}
			}
		})
	}
}
