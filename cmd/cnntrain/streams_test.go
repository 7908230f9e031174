package main

import (
	"bytes"
	"io"
	"os"
	"testing"
	"time"
)

// Names of classes and files come from others: they must not clear the screen or set its title.
func TestNothingCommandsTheTerminal(t *testing.T) {
	var out, errs bytes.Buffer
	s := newStreams(&out, &errs, nil)
	name := "\x1b[2J\x1b]0;title\a é\u009b고양이\r\u202e"
	const want = `\x1b[2J\x1b]0;title\a é\u009b고양이\r\u202e`
	if n, err := io.WriteString(s.out, name+"\t1\n"); err != nil || n != len(name)+3 {
		t.Errorf("wrote %d bytes, %v", n, err)
	}
	if out.String() != want+"\t1\n" {
		t.Errorf("results: %q", out.String())
	}
	s.logf("class %s", name+"\t\n")
	s.logLines("a\nb")
	if got := errs.String(); got != "cnntrain: class "+want+"\\t\\n\ncnntrain: a\nb\n" {
		t.Errorf("messages: %q", got)
	}
	errs.Reset()
	s.redraw(name + "\n")
	if got := errs.String(); got != "\r\x1b[K"+want+"\\n" {
		t.Errorf("a line that is redrawn: %q", got)
	}
	s.endLine()
	if got := errs.String(); got != "\r\x1b[K"+want+"\\n\n" {
		t.Errorf("its end: %q", got)
	}
}

// A character may be written in two parts, as buffers do.
func TestCharactersInTwoParts(t *testing.T) {
	var out bytes.Buffer
	s := newStreams(&out, io.Discard, nil)
	for _, part := range []string{"é"[:1], "é"[1:], "고"[:2], "고"[2:] + "\x9b[2J", "\n"} {
		if _, err := io.WriteString(s.out, part); err != nil {
			t.Fatal(err)
		}
	}
	if got := out.String(); got != "é고\\x9b[2J\n" {
		t.Errorf("%q", got)
	}
}

// Tables get the width of the terminal through the results.
func TestResultsAreStillATerminal(t *testing.T) {
	if got := newStreams(os.Stdout, io.Discard, nil).out.(*printer).Fd(); got != os.Stdout.Fd() {
		t.Errorf("descriptor %d, want %d", got, os.Stdout.Fd())
	}
	if got := int(newStreams(&bytes.Buffer{}, io.Discard, nil).out.(*printer).Fd()); got != -1 {
		t.Errorf("a buffer has the descriptor %d", got)
	}
}

// Nobody reads: after a signal the program must still end.
func TestWritesAreGivenUp(t *testing.T) {
	_, w := io.Pipe()
	stop := make(chan struct{})
	s := newStreams(io.Discard, w, stop)
	time.AfterFunc(10*time.Millisecond, func() { close(stop) })
	for range 3 {
		s.logf("nobody reads this")
	}
	if _, err := io.WriteString(s.err, "or this"); err == nil {
		t.Error("it was read")
	}
}
