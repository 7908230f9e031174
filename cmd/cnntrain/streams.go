package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"cnntrain/internal/shutdown"
	"cnntrain/internal/words"

	"golang.org/x/term"
)

// streams are the input and outputs of a command.
type streams struct {
	in   io.Reader // answers to questions; nil in a non-interactive session
	data io.Reader // data on standard input; nil if that is a terminal
	out  io.Writer // results only
	err  io.Writer // progress, logs, errors

	screen *patient // the same as err, for what commands the terminal

	terminal *os.File // behind err, for the dashboard; nil if there is none

	// errWidth returns the number of columns of the terminal behind err, 0 if there is
	// none.
	errWidth func() int
	open     atomic.Bool // the cursor is in a line that is not ended
}

// newStreams returns streams to out and err, through which only text gets to a person that
// commands no terminal, whatever names of classes and files, and metadata of others, contain.
// Once stop is closed, a write to a terminal or a pipe that nobody reads is given up.
func newStreams(out, err io.Writer, stop <-chan struct{}) *streams {
	none := func() int { return 0 }
	screen := &patient{to: err, stop: stop}
	return &streams{out: &printer{to: &patient{to: out, stop: stop}, of: out}, err: &printer{to: screen}, screen: screen, errWidth: none}
}

// A printer writes text as words.Printable does. It keeps its first error, because cobra, which
// writes help and completions, ignores it.
type printer struct {
	to io.Writer
	of io.Writer // what the text gets to in the end

	mu  sync.Mutex // messages also come from the goroutine that heeds signals
	cut []byte     // the beginning of a character that the next Write continues
	err error
}

func (p *printer) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := append(p.cut, b...)
	end := len(text)
	for i := max(0, end-utf8.UTFMax+1); i < end; i++ {
		if utf8.RuneStart(text[i]) && !utf8.FullRune(text[i:]) {
			end = i
		}
	}
	p.cut = bytes.Clone(text[end:])
	if _, err := io.WriteString(p.to, words.Printable(string(text[:end]))); err != nil {
		if p.err == nil {
			p.err = err
		}
		return 0, err
	}
	return len(b), nil
}

// Fd is the file descriptor, from which tables get the width of the terminal.
func (p *printer) Fd() uintptr {
	if f, ok := p.of.(interface{ Fd() uintptr }); ok {
		return f.Fd()
	}
	return ^uintptr(0) // none
}

// A patient writer waits until what it writes is read, but no longer than patience once stop is
// closed: a terminal stopped with ctrl-s must not keep the program from ending.
type patient struct {
	to   io.Writer
	stop <-chan struct{}

	mu    sync.Mutex
	given bool          // up
	kept  *bytes.Buffer // gets what is written, while another program has the terminal; nil: none has
}

// keep keeps what is written until release is called, which writes it.
func (p *patient) keep() (release func()) {
	kept := &bytes.Buffer{}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.kept = kept
	return func() {
		p.mu.Lock()
		p.kept = nil
		p.mu.Unlock()
		if kept.Len() > 0 {
			_, _ = p.Write(kept.Bytes()) // as in progress: its failure must not stop training
		}
	}
}

const patience = shutdown.Grace / 2

var errUnread = errors.New("nobody reads what is written")

func (p *patient) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.kept != nil:
		return p.kept.Write(b)
	case p.given:
		return 0, errUnread
	}
	written := make(chan error, 1)
	b = bytes.Clone(b) // the caller uses it again, even if this write goes on
	go func() {
		_, err := p.to.Write(b)
		written <- err
	}()
	var err error
	select {
	case err = <-written:
	case <-p.stop:
		select {
		case err = <-written:
		case <-time.After(patience):
			p.given, err = true, errUnread
		}
	}
	if err != nil {
		return 0, err
	}
	return len(b), nil
}

// failed returns the first error in writing results.
func (s *streams) failed() error {
	if p, ok := s.out.(*printer); ok {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.err
	}
	return nil
}

// printf writes a line or several of results. Texts among args stay on their line.
func (s *streams) printf(format string, args ...any) error {
	_, err := fmt.Fprintf(s.out, format, words.OneLineEach(args)...)
	return err
}

// redraw replaces the line in which the cursor is.
func (s *streams) redraw(line string) {
	fmt.Fprint(s.screen, "\r\x1b[K"+words.OneLine(line))
	s.open.Store(line != "")
}

// endLine ends an open line on the terminal.
func (s *streams) endLine() {
	if s.open.Swap(false) {
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
	fmt.Fprintf(s.err, "%s? [y/N] ", words.OneLine(question))
	answer, err := bufio.NewReader(s.in).ReadString('\n')
	if err != nil && err != io.EOF {
		return false, err
	}
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes", nil
}

// processStreams returns the streams of the process.
func processStreams(ctx context.Context) *streams {
	s := newStreams(os.Stdout, os.Stderr, ctx.Done())
	s.terminal = os.Stderr
	if term.IsTerminal(int(os.Stdin.Fd())) {
		s.in = os.Stdin
	} else {
		s.data = os.Stdin
	}
	s.errWidth = func() int {
		if os.Getenv("TERM") == "dumb" {
			return 0
		}
		w, _, err := term.GetSize(int(os.Stderr.Fd()))
		if err != nil {
			return 0
		}
		return w
	}
	return s
}
