package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// heeded is how long a program may go on after a signal. The promise is a second; the rest is
// for machines on which other tests run.
const heeded = 4 * time.Second

// The specs and folders that TestSignalsAreHeeded uses.
const (
	signalSpec = `
input: [32, 32, 3]
data: {dataset: {shapes: {train: 100, test: 20}}, validation_split: 0.2}
layers: [rescaling: 1/255, max_pooling2d: 8, flatten, dense: {units: 10, activation: softmax}]
train: {epochs: 1}
`
	// endless trains until it is stopped.
	endlessSpec = `
input: [32, 32, 3]
data: {dataset: {shapes: {train: 100, test: 20}}, validation_split: 0.2}
layers: [max_pooling2d: 8, flatten, dense: {units: 10, activation: softmax}]
train: {epochs: 100000000, optimizer: {sgd: 1.0e-9}}
`
	photosSpec = `
input: [64, 64, 3]
data: {dataset: ./photos}
layers: [rescaling: 1/255, max_pooling2d: 8, flatten, dense: {units: 2, activation: softmax}]
train: {epochs: 1000}
`
	deepSpec = `
input: [32, 32, 3]
data: {dataset: shapes}
layers: [flatten, {repeat: 4000, layers: [{dense: {units: 4, activation: relu}}]}, dense: {units: 10, activation: softmax}]
`
)

// A state is where a program is when the signal comes.
type state struct {
	what string
	args []string
	// At most one of these makes the program wait.
	fifo  string   // a FIFO that nobody writes to
	slow  string   // a file that a slow disk reads
	syncs bool     // the disk never finishes to write
	delay string   // of system calls; strace's words
	env   []string // more variables
	brief bool     // it is over within a second
}

// TestSignalsAreHeeded sends SIGTERM to the program wherever it can be for long. It must end soon
// with 143, say so, and leave nothing behind.
func TestSignalsAreHeeded(t *testing.T) {
	at := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(at, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{
		"tiny.yaml": signalSpec, "endless.yaml": endlessSpec, "photos.yaml": photosSpec, "deep.yaml": deepSpec,
		"sweep.yaml": "spec: endless.yaml\nparams: {train.batch_size: [8, 16]}\n", "slow.yaml": "spec: fifo\nparams: {train.batch_size: [8, 16]}\n",
		"train.csv": "file,label,split\nphotos/dark/0000000.png,a,train\nphotos/light/0000000.png,b,train\n",
	} {
		write(name, text)
	}
	folder := manyImages(t, 10_000)
	if err := os.Symlink(folder, filepath.Join(at, "photos")); err != nil {
		t.Fatal(err)
	}
	keras, err := filepath.Abs("../../internal/interop/testdata/dialects/k3.keras")
	if err != nil {
		t.Fatal(err)
	}
	torch, err := filepath.Abs("../../internal/pretrained/testdata/net.pth")
	if err != nil {
		t.Fatal(err)
	}
	train := exec.Command("cnntrain", "fit", "tiny.yaml", "--out", "run")
	train.Dir = at
	if out, err := train.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and never answers
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { silent.Close() })
	proxy := []string{"HTTPS_PROXY=http://" + silent.Addr().String()}
	image := filepath.Join(folder, "dark", "0000000.png")
	weights := filepath.Join(at, "run", "best.safetensors")

	for _, s := range []state{
		// A FIFO, as in cnntrain validate <(generate).
		{what: "validate", args: []string{"validate", "fifo"}, fifo: "fifo"},
		{what: "fit", args: []string{"fit", "fifo", "--out", "new"}, fifo: "fifo"},
		{what: "summary", args: []string{"summary", "fifo"}, fifo: "fifo"},
		{what: "augment", args: []string{"augment", "fifo", "-o", "new.png"}, fifo: "fifo"},
		{what: "lr-find", args: []string{"lr-find", "fifo"}, fifo: "fifo"},
		{what: "bench", args: []string{"bench", "fifo"}, fifo: "fifo"},
		{what: "sweep", args: []string{"sweep", "fifo"}, fifo: "fifo"},
		{what: "the spec of a sweep", args: []string{"sweep", "slow.yaml"}, fifo: "fifo"},
		{what: "predict -", args: []string{"predict", "run", "-"}},

		// Computing.
		{what: "training", args: []string{"fit", "endless.yaml", "--out", "new"}},
		{what: "training with its output unread", args: []string{"fit", "endless.yaml", "--out", "new"}, env: []string{"UNREAD=1"}},
		{what: "training of members", args: []string{"sweep", "sweep.yaml"}},
		{what: "lr-find, computing", args: []string{"lr-find", "endless.yaml", "--steps", "100000000"}},
		{what: "bench, computing", args: []string{"bench", "tiny.yaml", "--time", "100s"}},
		{what: "decoding for fit", args: []string{"fit", "photos.yaml", "--out", "new"}, brief: true},
		{what: "data check", args: []string{"data", "check", "./photos"}},
		{what: "data info", args: []string{"data", "info", "./photos"}},
		{what: "eval", args: []string{"eval", "run", "--dataset", "./photos"}, brief: true},
		{what: "predict", args: []string{"predict", "run", folder}},
		{what: "drawing an architecture", args: []string{"plot", "deep.yaml", "-o", "new.svg"}},
		{what: "download", args: []string{"data", "fetch", "mnist", "--data-dir", "data"}, env: proxy},

		// A slow disk.
		{what: "reading a checkpoint", args: []string{"eval", "run"}, slow: weights},
		{what: "reading weights to start from", args: []string{"fit", "tiny.yaml", "--weights", "run/best.safetensors", "--out", "new"}, slow: weights},
		{what: "reading a state", args: []string{"fit", "--resume", "run", "--epochs", "2"}, slow: filepath.Join(at, "run", "last.safetensors")},
		{what: "reading a Keras file", args: []string{"import", keras, "--classes", "a,b,c", "--out", "new"}, slow: keras},
		{what: "reading a PyTorch file", args: []string{"weights", torch}, slow: torch},
		{what: "reading a list of images", args: []string{"data", "info", "train.csv"}, slow: filepath.Join(at, "train.csv")},
		{what: "reading an image", args: []string{"predict", "run", image}, slow: image},
		{what: "reading an image for fit", args: []string{"fit", "tiny.yaml", "--dataset", "./train.csv", "--out", "new"}, slow: image},
		{what: "reading weights for a report", args: []string{"report", "run", "-o", "new.html"}, slow: weights},
		{what: "runs", args: []string{"runs", "--dir", at}, slow: filepath.Join(at, "run", "run.json")},
		{what: "scanning a folder", args: []string{"data", "info", "./photos"}, delay: "getdents64"},
		{what: "exporting", args: []string{"export", "run", "-o", "new.h5"}, syncs: true},
		{what: "exporting ONNX", args: []string{"export", "run", "-o", "new.onnx"}, syncs: true},
		{what: "writing a plot", args: []string{"plot", "run", "-o", "new.png"}, syncs: true},
		{what: "writing a report", args: []string{"report", "run", "-o", "new.html"}, syncs: true},
		{what: "importing", args: []string{"import", keras, "--classes", "a,b,c", "--out", "new"}, syncs: true},
		{what: "starting a run", args: []string{"fit", "tiny.yaml", "--out", "new"}, syncs: true},
		{what: "starting a sweep", args: []string{"sweep", "sweep.yaml"}, syncs: true},
	} {
		t.Run(strings.ReplaceAll(s.what, " ", "-"), func(t *testing.T) {
			t.Parallel()
			s.isHeeded(t, at)
		})
	}
}

func (s state) isHeeded(t *testing.T, at string) {
	dir := t.TempDir()
	for _, name := range []string{"tiny.yaml", "endless.yaml", "photos.yaml", "deep.yaml", "sweep.yaml", "slow.yaml", "train.csv", "run", "photos"} {
		if err := os.Symlink(filepath.Join(at, name), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if s.fifo != "" {
		if err := syscall.Mkfifo(filepath.Join(dir, s.fifo), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if s.slow != "" {
		s.delay = "read,pread64 -P " + s.slow
	}
	if s.syncs {
		s.delay = "fsync"
	}
	before := names(t, dir)
	p := s.start(t, dir)
	began := time.Now()
	if err := syscall.Kill(p.pid, syscall.SIGTERM); err != nil {
		t.Fatalf("it had ended: %v\n%s", err, p.said())
	}
	for !ended(p.pid) {
		if time.Since(began) > heeded {
			if said := p.said(); strings.Contains(said, "interrupted") && strings.Contains(said, "strace: dispatch_event") {
				t.Skip("strace lost track of the threads, so that the program cannot end: " + said)
			}
			_ = syscall.Kill(p.pid, syscall.SIGQUIT)
			time.Sleep(time.Second)
			t.Fatalf("goes on %v after SIGTERM\n%s", heeded, p.said())
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Logf("ended after %v", time.Since(began).Round(time.Millisecond))
	if s.what == "drawing an architecture" && slices.Contains(names(t, dir), filepath.Join(dir, "new.svg")) {
		t.Skip("drawn before the signal came")
	}
	if s.delay == "" { // strace returns when the delay is over
		if code := p.code(); code != 143 {
			t.Errorf("exit code %d, want 143", code)
		}
	}
	if !slices.Contains(s.env, "UNREAD=1") && !strings.Contains(p.said(), "interrupted") {
		t.Errorf("it did not say that it was interrupted:\n%s", p.said())
	}
	left := names(t, dir)
	resumable := strings.HasPrefix(s.what, "training") || s.what == "download"
	if !resumable && !slices.Equal(left, before) {
		t.Errorf("left behind %v, before %v", left, before)
	}
	for _, name := range left {
		if strings.Contains(name, ".tmp-") {
			t.Errorf("%s is left behind", name)
		}
	}
}

// names lists all files and folders below dir without following links.
func names(t *testing.T, dir string) (all []string) {
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		all = append(all, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// A waiting program is where its state says.
type waiting struct {
	pid  int
	cmd  *exec.Cmd
	said func() string
}

func (w *waiting) code() int {
	var exit *exec.ExitError
	if err := w.cmd.Wait(); errors.As(err, &exit) {
		return exit.ExitCode()
	}
	return 0
}

// start starts the program and waits until it is in the state.
func (s state) start(t *testing.T, dir string) *waiting {
	said := filepath.Join(t.TempDir(), "said")
	out, err := os.Create(said)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	program := append([]string{"cnntrain"}, s.args...)
	trace := filepath.Join(t.TempDir(), "trace")
	if s.delay != "" {
		calls, path, _ := strings.Cut(s.delay, " -P ")
		strace := []string{"strace", "-f", "-qq", "-o", trace, "-e", "trace=" + calls, "-e", "signal=none", "-e", "inject=" + calls + ":delay_enter=60s"}
		if path != "" {
			strace = append(strace, "-P", path)
		}
		if exec.Command("strace", "-o", os.DevNull, "true").Run() != nil {
			t.Skip("strace, which makes a disk slow, is not here or may not trace")
		}
		program = append(strace, program...)
	}
	cmd := exec.Command(program[0], program[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, out, out
	cmd.Env = append(os.Environ(), s.env...)
	if _, err := cmd.StdinPipe(); err != nil { // which stays empty
		t.Fatal(err)
	}
	if slices.Contains(s.env, "UNREAD=1") {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Close(); w.Close() })
		if err := w.SetWriteDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write(bytes.Repeat([]byte{'\n'}, 1<<20)) // until it is full
		cmd.Stdout, cmd.Stderr = w, w
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &waiting{pid: cmd.Process.Pid, cmd: cmd, said: func() string {
		text, _ := os.ReadFile(said)
		return string(text)
	}}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	switch {
	case s.fifo != "":
		f, err := os.OpenFile(filepath.Join(dir, s.fifo), os.O_WRONLY, 0) // returns when it is opened for reading
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		_, _ = io.WriteString(f, "name: half")
		time.Sleep(100 * time.Millisecond)
	case s.delay != "":
		until(t, p, func() bool {
			text, _ := os.ReadFile(trace)
			return len(text) > 0
		})
		children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", p.pid, p.pid))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Sscan(string(children), &p.pid); err != nil {
			t.Fatalf("strace has no child: %v\n%s", err, p.said())
		}
	case s.brief:
		time.Sleep(200 * time.Millisecond)
	default:
		time.Sleep(700 * time.Millisecond)
	}
	return p
}

func until(t *testing.T, p *waiting, so func() bool) {
	for end := time.Now().Add(time.Minute); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) || ended(p.pid) {
			t.Fatalf("never got there:\n%s", p.said())
		}
	}
}

// ended reports whether a process has ended, also if its parent has not noticed.
func ended(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return true
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return strings.HasPrefix(rest, "Z") || strings.HasPrefix(rest, "X")
}
