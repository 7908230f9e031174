package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// A commit gives the same binary in any folder.
func TestReleaseIsReproducible(t *testing.T) {
	needLong(t)
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, tool := range []string{"git", "bash"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not here", tool)
		}
	}
	if err := exec.Command("git", "-C", root, "cat-file", "-e", "HEAD:scripts/release.sh").Run(); err != nil {
		t.Skip("not a git repository with the script in it")
	}
	var sums []string
	for _, dir := range []string{"a", "b/deeper"} {
		dir = filepath.Join(t.TempDir(), dir)
		out := filepath.Join(dir, "dist")
		if text, err := exec.Command("git", "clone", "-q", root, dir).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		cmd := exec.Command("bash", filepath.Join(dir, "scripts", "release.sh"), out)
		cmd.Env = append(os.Environ(), "TARGETS="+runtime.GOOS+"/"+runtime.GOARCH)
		if text, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		text, err := os.ReadFile(filepath.Join(out, "SHA256SUMS"))
		if err != nil {
			t.Fatal(err)
		}
		sums = append(sums, string(text))
	}
	if sums[0] != sums[1] {
		t.Errorf("two builds differ:\n%s%s", sums[0], sums[1])
	}
}
