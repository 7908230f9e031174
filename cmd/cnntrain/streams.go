package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode"

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

// results is the standard output. It keeps its first error, because cobra, which writes help
// and completions, ignores it. Control characters are written as escapes, except for the ends of
// lines and tabs: names of classes and files, and metadata of others, must not command the
// terminal.
type results struct {
	to  io.Writer
	err error
}

func (r *results) Write(p []byte) (int, error) {
	_, err := io.WriteString(r.to, printable(string(p)))
	if err != nil {
		if r.err == nil {
			r.err = err
		}
		return 0, err
	}
	return len(p), nil
}

// Fd is the file descriptor, from which tables get the width of the terminal.
func (r *results) Fd() uintptr {
	if f, ok := r.to.(interface{ Fd() uintptr }); ok {
		return f.Fd()
	}
	return ^uintptr(0) // none
}

// printable returns text with its control characters written as in Go: \x1b.
func printable(text string) string {
	control := func(c rune) bool { return unicode.IsControl(c) && c != '\n' && c != '\t' }
	if !strings.ContainsFunc(text, control) {
		return text
	}
	var b strings.Builder
	for _, c := range text {
		if control(c) {
			quoted := strconv.QuoteRune(c)
			b.WriteString(quoted[1 : len(quoted)-1])
		} else {
			b.WriteRune(c)
		}
	}
	return b.String()
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
