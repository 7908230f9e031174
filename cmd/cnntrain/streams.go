package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// streams is where a command reads from and writes to.
type streams struct {
	in  io.Reader // answers to questions; nil where nobody is there to answer
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

// ask puts a question that is answered by y or by anything else. It is an error
// if there is nobody to answer.
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
	var in io.Reader
	if term.IsTerminal(int(os.Stdin.Fd())) {
		in = os.Stdin
	}
	return &streams{in: in, out: os.Stdout, err: os.Stderr, errWidth: func() int {
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
