package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

var faults = flag.Int("faults", 5, "how many faults of each kind TestNothingIsLostByFaults makes")

// faulty has all that a training keeps, and takes a tenth of a second.
const faulty = `
name: faulty
input: [32, 32, 3]
data: {dataset: {shapes: {train: 60, test: 10}}, validation_split: 0.2}
layers:
  - random_flip: horizontal
  - max_pooling2d: 4
  - conv2d: {filters: 4, kernel_size: 3}
  - batch_normalization
  - activation: relu
  - flatten
  - dropout: 0.3
  - dense: {units: 10, activation: softmax}
train:
  epochs: 4
  batch_size: 16
  optimizer: adam
  early_stopping: {patience: 30, restore_best_weights: true}
`

// failures are the errors that the kernel may return for each call that a training makes.
var failures = map[string][]string{
	"openat": {"EACCES", "EIO", "EMFILE", "ENOSPC"}, "read": {"EIO"}, "pread64": {"EIO"},
	"write": {"ENOSPC", "EIO", "EDQUOT"}, "fsync": {"EIO", "ENOSPC"}, "close": {"EIO"},
	"renameat": {"EACCES", "EIO", "ENOSPC"}, "unlinkat": {"EACCES", "EIO"}, "mkdirat": {"ENOSPC", "EACCES"},
	"newfstatat": {"EACCES", "EIO"}, "fstat": {"EIO"}, "getdents64": {"EIO"}, "flock": {"ENOLCK"},
}

// TestNothingIsLostByFaults makes system calls of the program fail, kills it at them, and tears the
// files that it left. It must say so in a line or go on, and once it is resumed, end with the bytes
// of a training to which nothing happened.
func TestNothingIsLostByFaults(t *testing.T) {
	t.Parallel() // its programs are processes of their own
	if exec.Command("strace", "-o", os.DevNull, "true").Run() != nil {
		t.Skip("strace is not here or may not trace")
	}
	f := &faultTest{T: t, dir: t.TempDir(), rng: rand.New(rand.NewPCG(2, uint64(time.Now().UnixNano())))}
	f.spec = filepath.Join(f.dir, "faulty.yaml")
	if err := os.WriteFile(f.spec, []byte(faulty), 0o666); err != nil {
		t.Fatal(err)
	}
	whole := filepath.Join(f.dir, "whole")
	if out, code := f.run("", "fit", f.spec, "--out", whole); code != 0 {
		t.Fatal(out)
	}
	f.want = endOf(t, whole)
	f.count()
	for name, run := range map[string]func(*faultTest){"errors": (*faultTest).fail, "kills": (*faultTest).kill, "torn files": (*faultTest).tear} {
		t.Run(name, func(t *testing.T) {
			each := *f
			each.T, each.dir = t, t.TempDir()
			run(&each)
		})
	}
}

type faultTest struct {
	*testing.T
	dir, spec string
	rng       *rand.Rand
	want      map[string]any
	calls     map[string]int // of a training, by name
	left      []string       // run folders of killed trainings, which have a state
}

// run runs the program, under strace if inject is one of its expressions, and returns what it says.
func (f *faultTest) run(inject string, args ...string) (string, int) {
	f.Helper()
	line := append([]string{"cnntrain"}, append(args, "--threads", "1", "--checkpoint-every", "1ns")...)
	if inject != "" {
		line = append([]string{"strace", "--seccomp-bpf", "-f", "-qq", "-o", filepath.Join(f.dir, "trace"), "-e", inject}, line...)
	}
	var out bytes.Buffer
	cmd := exec.Command(line[0], line[1:]...)
	cmd.Stdout, cmd.Stderr = &out, &out
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		f.Fatal(err)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

// trace returns what strace wrote.
func (f *faultTest) trace() string {
	text, err := os.ReadFile(filepath.Join(f.dir, "trace"))
	if err != nil {
		f.Fatal(err)
	}
	return string(text)
}

// count counts the calls of a training.
func (f *faultTest) count() {
	names := make([]string, 0, len(failures))
	for name := range failures {
		names = append(names, name)
	}
	if out, code := f.run("trace="+strings.Join(names, ","), "fit", f.spec, "--out", filepath.Join(f.dir, "counted")); code != 0 {
		f.Fatal(out)
	}
	f.calls = map[string]int{}
	for _, m := range regexp.MustCompile(`(?m)^\d+ +(\w+)\(`).FindAllStringSubmatch(f.trace(), -1) {
		f.calls[m[1]]++
	}
	f.Logf("calls of a training: %v", f.calls)
}

// call chooses a call by its name and number.
func (f *faultTest) call() (name string, number int) {
	names := make([]string, 0, len(f.calls))
	for name := range f.calls {
		names = append(names, name)
	}
	slices.Sort(names)
	name = names[f.rng.IntN(len(names))]
	return name, 1 + f.rng.IntN(f.calls[name])
}

// trains starts a training, or resumes it if there is one.
func (f *faultTest) trains(inject, run string) (string, int) {
	if info, err := os.Stat(filepath.Join(run, "run.json")); err == nil && info.Size() > 0 {
		return f.run(inject, "fit", "--resume", run)
	}
	if err := os.RemoveAll(run); err != nil {
		f.Fatal(err)
	}
	return f.run(inject, "fit", f.spec, "--out", run)
}

// ends trains to the end, and compares it with the whole training.
func (f *faultTest) ends(run, what string) {
	f.Helper()
	if out, code := f.trains("", run); code != 0 {
		f.Fatalf("%s: exit code %d afterwards\n%s", what, code, out)
	}
	f.same(run, what)
}

// same compares a run with the whole training, but for one of its files.
func (f *faultTest) same(run, what string, but ...string) {
	f.Helper()
	got := endOf(f.T, run)
	for file := range f.want {
		if !slices.Contains(but, file) && !reflect.DeepEqual(got[file], f.want[file]) {
			f.Fatalf("%s: another %s than without it", what, file)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(run, ".*.tmp-*")); len(left) > 0 {
		f.Fatalf("%s: left %v behind", what, left)
	}
}

// leave makes run folders of trainings that were killed as they renamed a file. strace now and then
// misses a thread, so that none is left of a few: then all calls are tried.
func (f *faultTest) leave() {
	for _, step := range []int{1 + 20 / *faults, 1} {
		for number := 1; number <= f.calls["renameat"]; number += step {
			run := filepath.Join(f.dir, fmt.Sprintf("left-%d-%d", step, number))
			f.trains(fmt.Sprintf("inject=renameat:signal=KILL:when=%d", number), run)
			_, err := os.Stat(filepath.Join(run, "last.safetensors"))
			info, _ := os.ReadFile(filepath.Join(run, "run.json"))
			if err == nil && !bytes.Contains(info, []byte(`"status": "finished"`)) {
				f.left = append(f.left, run)
			}
		}
		if len(f.left) > 0 {
			return
		}
	}
	f.Skip("strace killed none of the trainings")
}

// fail makes calls fail.
func (f *faultTest) fail() {
	f.leave()
	var failed, unharmed int
	byCall := map[string]int{}
	for failed+unharmed < *faults {
		name, number := f.call()
		what := fmt.Sprintf("%s %d: %s", name, number, failures[name][f.rng.IntN(len(failures[name]))])
		_, errno, _ := strings.Cut(what, ": ")
		run := filepath.Join(f.dir, "failed")
		if err := os.RemoveAll(run); err != nil {
			f.Fatal(err)
		}
		// Half of the faults happen to a training that is resumed.
		if f.rng.IntN(2) == 0 {
			f.copied(f.left[f.rng.IntN(len(f.left))], run)
		}
		out, code := f.trains(fmt.Sprintf("inject=%s:error=%s:when=%d", name, errno, number), run)
		if !strings.Contains(f.trace(), "(INJECTED)") || code == 127 { // it made fewer such calls, or was not loaded
			continue
		}
		byCall[name]++
		if strings.Contains(out, "goroutine ") || code != 0 && code != 1 && code != 2 {
			f.Fatalf("%s: exit code %d\n%s", what, code, out)
		}
		if code == 0 {
			unharmed++
			f.same(run, what)
			continue
		}
		failed++
		if name != "write" && !strings.Contains(out, "cnntrain: ") && !strings.Contains(out, ".yaml: ") {
			f.Fatalf("%s: exit code %d without a message\n%s", what, code, out)
		}
		f.ends(run, what+"\n"+out)
	}
	f.Logf("%d calls failed: %d trainings ended with an error, %d went on; %v", failed+unharmed, failed, unharmed, byCall)
}

// kill kills the program at calls.
func (f *faultTest) kill() {
	kills, trainings, torn := 0, 0, 0
	for kills < *faults {
		trainings++
		run := filepath.Join(f.dir, "killed")
		if err := os.RemoveAll(run); err != nil {
			f.Fatal(err)
		}
		for range 3 {
			name, number := f.call()
			out, code := f.trains(fmt.Sprintf("inject=%s:signal=KILL:when=%d", name, number), run)
			if code == 0 {
				break
			}
			if code != -1 && code != 137 {
				f.Fatalf("killed at %s %d: exit code %d\n%s", name, number, code, out)
			}
			kills++
			if left, _ := filepath.Glob(filepath.Join(run, ".*.tmp-*")); len(left) > 0 {
				torn++
			}
		}
		f.ends(run, fmt.Sprintf("after %d kills", kills))
	}
	f.Logf("%d kills at calls, in %d trainings; %d of them within the write of a file", kills, trainings, torn)
}

func (f *faultTest) copied(from, to string) {
	f.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		f.Fatal(err)
	}
}

// tear damages a file of a training that was killed.
func (f *faultTest) tear() {
	f.leave()
	torn, refused := map[string]int{}, map[string]int{}
	for n := 0; n < *faults; {
		run := filepath.Join(f.dir, "torn")
		if err := os.RemoveAll(run); err != nil {
			f.Fatal(err)
		}
		from := f.left[f.rng.IntN(len(f.left))]
		f.copied(from, run)
		files, err := filepath.Glob(filepath.Join(run, "[a-z]*.*"))
		if err != nil {
			f.Fatal(err)
		}
		path := files[f.rng.IntN(len(files))]
		name := filepath.Base(path)
		content, err := os.ReadFile(path)
		if err != nil || len(content) == 0 {
			continue
		}
		n++
		kind := "truncated"
		switch at := f.rng.IntN(len(content)); f.rng.IntN(4) {
		case 0:
			content = content[:at]
		case 1:
			kind = "a bit changed"
			content[at] ^= 1 << f.rng.IntN(8)
		case 2:
			kind = "ends in zeros"
			clear(content[at:])
		default:
			kind = "empty"
			content = nil
		}
		if err := os.WriteFile(path, content, 0o666); err != nil {
			f.Fatal(err)
		}
		what := fmt.Sprintf("%s %s", name, kind)
		if strings.HasPrefix(name, "events.") {
			name = "events"
		}
		torn[name]++
		out, code := f.run("", "fit", "--resume", run)
		switch {
		case code == 0 && kind == "a bit changed" && name == "spec.yaml": // another spec; the state has its own
			f.same(run, what+"\n"+out, name)
		case code == 0:
			f.same(run, what+"\n"+out)
		case name == "spec.yaml" && strings.Contains(out, "has another spec than spec.yaml"), name == "last.safetensors" && !exists(filepath.Join(run, "previous.safetensors")):
			refused[name]++
		default:
			f.Fatalf("%s: %s", what, out)
		}
	}
	f.Logf("torn: %v; refused: %v", torn, refused)
}
