package main

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/term"
)

// streams is where a command reads from and writes to.
type streams struct {
	out io.Writer // results, and nothing else
	err io.Writer // progress, logs, errors

	// errWidth returns the columns of the terminal behind err, 0 if there is none.
	errWidth func() int
	open     bool // a line without its end is on that terminal
}

// endLine ends a line that is open on the terminal.
func (s *streams) endLine() {
	if s.open {
		s.open = false
		fmt.Fprintln(s.err)
	}
}

func processStreams() *streams {
	return &streams{out: os.Stdout, err: os.Stderr, errWidth: func() int {
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
