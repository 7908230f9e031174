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

	midLine bool // err ends in the bar of a download, without a newline
}

// endLine makes what comes next on err start a line.
func (s *streams) endLine() {
	if s.midLine {
		fmt.Fprintln(s.err)
		s.midLine = false
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
