package main

import (
	"bytes"
	"io"
	"os"
	"testing"
)

// Names of classes and files come from others: they must not clear the screen or set its title.
func TestNothingCommandsTheTerminal(t *testing.T) {
	var out, errs bytes.Buffer
	s := &streams{out: &results{to: &out}, err: &errs}
	name := "\x1b[2J\x1b]0;title\a é\u009b고양이\r"
	const want = `\x1b[2J\x1b]0;title\a é\u009b고양이\r`
	if n, err := io.WriteString(s.out, name+"\t1\n"); err != nil || n != len(name)+3 {
		t.Errorf("wrote %d bytes, %v", n, err)
	}
	if out.String() != want+"\t1\n" {
		t.Errorf("results: %q", out.String())
	}
	s.logf("class %s", name)
	if got := errs.String(); got != "cnntrain: class "+want+"\n" {
		t.Errorf("messages: %q", got)
	}
}

// Tables get the width of the terminal through the results.
func TestResultsAreStillATerminal(t *testing.T) {
	if got := (&results{to: os.Stdout}).Fd(); got != os.Stdout.Fd() {
		t.Errorf("descriptor %d, want %d", got, os.Stdout.Fd())
	}
	if got := int((&results{to: &bytes.Buffer{}}).Fd()); got != -1 {
		t.Errorf("a buffer has the descriptor %d", got)
	}
}
