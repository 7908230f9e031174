package kernels

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestSetCPUChoosesWhatTheMachineHas(t *testing.T) {
	withCPU(t, CPU())
	for _, name := range cpus() {
		if err := SetCPU(name); err != nil || CPU() != name {
			t.Errorf("SetCPU(%q): %v, CPU is %q", name, err, CPU())
		}
	}
	before := CPU()
	for _, name := range []string{"", "sse", "AVX512"} {
		err := SetCPU(name)
		if err == nil || !strings.Contains(err.Error(), "generic") || CPU() != before {
			t.Errorf("SetCPU(%q): %v, CPU is %q", name, err, CPU())
		}
	}
}

func TestAssemblyIsWhatTheGeneratorWrites(t *testing.T) {
	gocmd, err := exec.LookPath("go")
	if err != nil {
		t.Skip("no go command")
	}
	folder := t.TempDir()
	cmd := exec.Command(gocmd, "-C", "_asm", "run", ".", folder)
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off", "GOOS=", "GOARCH=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	here, err := filepath.Glob("*.s")
	if err != nil {
		t.Fatal(err)
	}
	written, err := filepath.Glob(filepath.Join(folder, "*.s"))
	if err != nil || len(written) != len(here) {
		t.Errorf("%d files, generator writes %d", len(here), len(written))
	}
	for _, name := range here {
		have, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if want, err := os.ReadFile(filepath.Join(folder, name)); err != nil || !bytes.Equal(have, want) {
			t.Errorf("%s is old: run go generate ./internal/kernels (%v)", name, err)
		}
	}
}
