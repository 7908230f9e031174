package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"testing"

	"cnntrain/internal/experiment"
	"cnntrain/internal/train"
	"cnntrain/internal/words"
)

func TestCommandsCanBePasted(t *testing.T) {
	got := commandLine(withData([]string{"fit", "my net.yaml"}, "/d/it's", []string{"input=[28, 28, 1]", "train.epochs=3"})...)
	want := `cnntrain fit 'my net.yaml' --data-dir '/d/it'\''s' --set 'input=[28, 28, 1]' --set train.epochs=3`
	if got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestCommandsOfAnyBytesCanBePasted(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("no bash")
	}
	for _, want := range []string{"a\nb", "\x1b[2J\x1b]0;t\a\"'$x`y`\\", "\xff\u202e3 é\u200b", "it's", "~/a", `a\nb\`, "$(x) \r", "-"} {
		got, err := exec.Command("bash", "-c", "printf %s "+shellWord(want)).Output()
		if string(got) != want || err != nil {
			t.Errorf("%q is %q as %s; %v", want, got, shellWord(want), err)
		}
		if line := shellWord(want); words.OneLine(line) != line {
			t.Errorf("%q: %q does not only print", want, line)
		}
	}
}

// Resuming helps after an accident, not if the numbers themselves are the reason.
func TestResumingIsSuggestedWhereItHelps(t *testing.T) {
	nan := fmt.Errorf("%w; a lower learning rate usually helps", &train.NonFiniteError{What: "the loss", Epoch: 3, Step: 7})
	for _, c := range []struct {
		err  error
		want string
	}{
		{errors.New("the disk is full"), "the disk is full; to resume from the last good state: cnntrain fit --resume 'my run'"},
		{context.Canceled, "interrupted; to resume: cnntrain fit --resume 'my run'"},
		{nan, "the loss is not a finite number at epoch 3, step 7; a lower learning rate usually helps; if it is resumed, the run comes to the same"},
	} {
		if got := toGoOn(&experiment.UnfinishedError{Run: "my run", Err: c.err}); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestErrorsHaveNoNamesOfSystemCalls(t *testing.T) {
	_, missing := os.Open("no/file")
	_, stat := os.Stat("no/file")
	renamed := os.Rename("no/a", "no/b")
	for _, c := range []struct {
		err  error
		want string
	}{
		{missing, "no/file: no such file or directory"},
		{fmt.Errorf("no/file: %w", missing), "no/file: no such file or directory"},
		{fmt.Errorf("reading: %w", stat), "reading: no/file: no such file or directory"},
		{fmt.Errorf("saving: %w", renamed), "saving: no/b: no such file or directory"},
		{errors.Join(errors.New("first"), fmt.Errorf("then: %w", &fs.PathError{Op: "mkdir", Path: "x", Err: fs.ErrPermission})), "first\nthen: x: permission denied"},
		{&fs.PathError{Op: "open", Path: "open", Err: fs.ErrExist}, "open: file already exists"},
		{errors.New("open the door: please"), "open the door: please"},
		{fmt.Errorf("a\nb: %w; c\td", &fs.PathError{Op: "open", Path: "a\nb", Err: fs.ErrExist}), `a\nb: file already exists; c\td`},
		{fmt.Errorf("in: %w", errors.Join(errors.New("a\nb"), errors.New("c"))), "in: a\\nb\nc"},
	} {
		if got := textOf(c.err); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
