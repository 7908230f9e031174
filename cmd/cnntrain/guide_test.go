package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// The commands of docs/GUIDE.md, "$ …" in blocks of the type "console", run in their order
// and print the lines below them; "…" stands for any lines. A block of the type "yaml"
// whose first line is "# NAME.yaml" is that file.
func TestGuideIsTrue(t *testing.T) {
	t.Parallel() // its programs are processes of their own
	if runtime.GOOS == "windows" {
		t.Skip("the guide is for a shell")
	}
	text, err := os.ReadFile("../../docs/GUIDE.md")
	if err != nil {
		t.Fatal(err)
	}
	work := t.TempDir()
	for i, part := range strings.Split(string(text), "\n```") {
		if i%2 == 0 { // between blocks
			continue
		}
		head, body, _ := strings.Cut(part, "\n")
		switch kind, code, _ := strings.Cut(head, " exit="); kind {
		case "console":
			runConsole(t, &work, body+"\n", "0"+code)
		case "yaml":
			name, _, _ := strings.Cut(strings.TrimPrefix(body, "# "), "\n")
			if err := os.WriteFile(filepath.Join(work, name), []byte(body+"\n"), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// runConsole runs each command of a block in the folder work, which "cd" changes.
func runConsole(t *testing.T, work *string, block, code string) {
	t.Helper()
	for _, part := range strings.Split("\n"+block, "\n$ ")[1:] {
		line, shown, _ := strings.Cut(part, "\n")
		// The last line of the output is the working directory after the command.
		cmd := exec.Command("sh", "-c", line+"\ncode=$?; pwd; exit $code")
		cmd.Dir = *work
		out, err := cmd.CombinedOutput()
		if got := fmt.Sprint("0", max(0, cmd.ProcessState.ExitCode())); strings.TrimLeft(got, "0") != strings.TrimLeft(code, "0") {
			t.Fatalf("%s: %v, exit code %s, want %s:\n%s", line, err, got, code, out)
		}
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		*work = lines[len(lines)-1]
		printed := map[string]bool{}
		for _, l := range lines {
			printed[withoutNumbers(l)] = true
		}
		for l := range strings.Lines(shown) {
			if want := withoutNumbers(l); want != "" && want != "…" && !printed[want] {
				t.Errorf("%s does not print\n%sbut\n%s", line, l, out)
			}
		}
	}
}

var (
	numbers = regexp.MustCompile(`\d[\d.,]*((us|ms|s|m|h)\d*)*\b`)
	spaces  = regexp.MustCompile(` +`)
)

// withoutNumbers replaces everything in a line that can vary.
func withoutNumbers(line string) string {
	line = spaces.ReplaceAllString(numbers.ReplaceAllString(line, "#"), " ")
	return strings.TrimSpace(line)
}
