package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// streams are the input and outputs of a command.
type streams struct {
	in   io.Reader // answers to questions; nil in a non-interactive session
	data io.Reader // data on standard input; nil if that is a terminal
	out  io.Writer // results only
	err  io.Writer // progress, logs, errors

	// errWidth returns the number of columns of the terminal behind err, 0 if there is
	// none.
	errWidth func() int
	open     bool // the cursor is in a line that is not ended
}

// recorded is a writer that keeps its first error: help and completions are written by cobra,
// which ignores it.
type recorded struct {
	io.Writer
	err error
}

func (r *recorded) Write(p []byte) (int, error) {
	n, err := r.Writer.Write(p)
	if r.err == nil {
		r.err = err
	}
	return n, err
}

// endLine ends an open line on the terminal.
func (s *streams) endLine() {
	if s.open {
		s.open = false
		fmt.Fprintln(s.err)
	}
}

// ask asks a question that is answered with y or anything else. It is an error if nobody
// can answer.
func (s *streams) ask(question string) (yes bool, err error) {
	if s.in == nil {
		return false, usagef("%s: nobody is here to answer; give --yes", question)
	}
	s.endLine()
	fmt.Fprintf(s.err, "%s? [y/N] ", question)
	answer, err := bufio.NewReader(s.in).ReadString('\n')
	if err != nil && err != io.EOF {
		return false, err
	}
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes", nil
}

func processStreams() *streams {
	var in, data io.Reader
	if term.IsTerminal(int(os.Stdin.Fd())) {
		in = os.Stdin
	} else {
		data = os.Stdin
	}
	return &streams{in: in, data: data, out: os.Stdout, err: os.Stderr, errWidth: func() int {
		if os.Getenv("TERM") == "dumb" {
			return 0
		}
		w, _, err := term.GetSize(int(os.Stderr.Fd()))
		if err != nil {
			return 0
		}
		return w
	}}
}
