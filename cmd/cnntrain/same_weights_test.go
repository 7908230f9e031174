package main

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"cnntrain/internal/checkpoint"
	"cnntrain/specs"
)

// sameWeights are the specs whose digests are also compared without -long.
var sameWeights = map[string]bool{"quickstart": true, "lenet5-all": true, "resnet20": true}

// TestEverySpecGivesTheSameWeightsOnAllProcessors trains every spec for some steps with every
// instruction set in assembly that this machine has, and compares the weights and the state of
// the optimizer with digests that were written on a Zen 3 with AVX2. With -update it writes them.
func TestEverySpecGivesTheSameWeightsOnAllProcessors(t *testing.T) {
	const golden = "testdata/weights.txt"
	text, err := os.ReadFile(golden)
	if err != nil && !*update {
		t.Fatal(err)
	}
	want := map[string]string{}
	for line := range strings.Lines(string(text)) {
		name, digest, _ := strings.Cut(strings.TrimSpace(line), " ")
		want[name] = digest
	}
	sets := map[string][]string{"amd64": {"avx512", "avx2"}, "arm64": {"neon"}}[runtime.GOARCH]
	if len(sets) == 0 {
		t.Skip("no assembly here")
	}
	for _, name := range specs.Names() {
		t.Run(name, func(t *testing.T) {
			file, args := forShapes(t, name)
			if name == "lenet5-mnist" {
				args = []string{"--set", "input=[32, 32, 3]"} // without real data
			}
			if !sameWeights[name] {
				needLong(t)
			}
			for _, cpu := range sets {
				out := filepath.Join(t.TempDir(), "run")
				cmd := exec.Command("cnntrain", append([]string{"fit", file, "--out", out, "--cpu", cpu,
					"--batch-size", "8", "--epochs", "1", "--set", "data.dataset=shapes",
					"--set", "data.dataset.shapes.train=24", "--set", "data.dataset.shapes.test=10"}, args...)...)
				said, err := cmd.CombinedOutput()
				if strings.Contains(string(said), "this machine and build have") {
					t.Logf("no %s here", cpu)
					continue
				}
				if err != nil {
					t.Fatalf("%v: %v\n%s", cmd.Args, err, said)
				}
				switch got := digestOfTensors(t, filepath.Join(out, "last.safetensors")); {
				case *update:
					want[name] = got
				case want[name] != got:
					t.Errorf("%s: the digest of the weights is %s, want %q of %s", cpu, got, want[name], golden)
				}
			}
		})
	}
	if *update {
		var lines strings.Builder
		for _, name := range specs.Names() {
			if want[name] != "" {
				fmt.Fprintln(&lines, name, want[name])
			}
		}
		if err := os.WriteFile(golden, []byte(lines.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// digestOfTensors is that of the names and values in a checkpoint, without its metadata.
func digestOfTensors(t *testing.T, path string) string {
	t.Helper()
	f, err := checkpoint.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	h := sha256.New()
	for _, tensor := range f.Tensors {
		h.Write([]byte(tensor.Name))
		if err := binary.Write(h, binary.LittleEndian, tensor.Data); err != nil {
			t.Fatal(err)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
