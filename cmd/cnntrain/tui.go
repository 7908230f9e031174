package main

// All terminal output is written here, in progress.go and in dashboard.go. The rules:
//
//   - Results go to out, everything else to err; with --json, out gets one
//     JSON document and nothing else.
//   - An error is one line that names the place and the fix. Errors in a spec
//     are one line each, starting with file:line:column as compilers do.
//   - Lines are redrawn on a terminal only. Elsewhere each line is written once.
//   - No colour carries meaning, so only the dashboard has colours, and it is
//     readable without them.

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"cnntrain/internal/experiment"
	"cnntrain/internal/runs"
	"cnntrain/internal/spec"
	"cnntrain/internal/train"
	"cnntrain/internal/trained"
	"cnntrain/internal/words"
)

// showError prints an error.
func (s *streams) showError(err error) {
	var invalid spec.Invalid
	var unfinished *experiment.UnfinishedError
	switch {
	case errors.As(err, &memberFailed{}), errors.As(err, &shown{}): // already printed
	case unread(err): // as quiet as a program ended by SIGPIPE
	case errors.As(err, &invalid):
		s.endLine()
		fmt.Fprintln(s.err, invalid.Error())
	case errors.As(err, &unfinished):
		s.logLines(toGoOn(unfinished))
	case errors.Is(err, context.Canceled):
		s.logf("interrupted")
	default:
		s.logLines(textOf(err))
	}
}

// textOf returns the text of an error for a person: a line, or one each of those that it joins,
// whatever names of files it has. It leaves out the system calls that package os puts before a
// path: "x.yaml: no such file or directory" for "open x.yaml: no such file …".
func textOf(err error) string {
	switch e := err.(type) {
	case *fs.PathError:
		return words.OneLine(e.Path) + ": " + textOf(e.Err)
	case *os.LinkError:
		return words.OneLine(e.New) + ": " + textOf(e.Err)
	case *os.SyscallError:
		return textOf(e.Err)
	case spec.Invalid:
		return e.Error()
	}
	if all := words.Joined(err); len(all) > 1 {
		var lines []string
		for _, one := range all {
			lines = append(lines, textOf(one))
		}
		return strings.Join(lines, "\n")
	}
	text, done := err.Error(), ""
	for _, below := range wrapped(err) {
		before, after, ok := strings.Cut(text, below.Error())
		if !ok {
			continue
		}
		if e, ok := below.(*fs.PathError); ok {
			before = strings.TrimSuffix(before, e.Path+": ")
		}
		text, done = after, done+words.OneLine(before)+textOf(below)
	}
	return done + words.OneLine(text)
}

// wrapped returns the errors in the text of err.
func wrapped(err error) []error {
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		if below := e.Unwrap(); below != nil {
			return []error{below}
		}
	case interface{ Unwrap() []error }:
		return e.Unwrap()
	}
	return nil
}

// toGoOn says why a training stopped early, and how to resume it.
func toGoOn(e *experiment.UnfinishedError) string {
	text := fmt.Sprintf("%s; to resume from the last good state: %s", textOf(e.Err), commandLine("fit", "--resume", e.Run))
	var nan *train.NonFiniteError
	if errors.As(e.Err, &nan) {
		text = textOf(e.Err) + "; if it is resumed, the run comes to the same"
	}
	if experiment.Canceled(e.Err) {
		text = "interrupted; to resume: " + commandLine("fit", "--resume", e.Run)
	}
	if e.Saving != nil {
		text += "\n" + textOf(e.Saving)
	}
	return text
}

// unread reports that the reader of standard output is gone: "| head -1".
func unread(err error) bool {
	var at *fs.PathError
	return errors.As(err, &at) && at.Path == os.Stdout.Name() && errors.Is(err, syscall.EPIPE)
}

// logf writes a line to err. Texts among args stay on it.
func (s *streams) logf(format string, args ...any) {
	s.logLines(fmt.Sprintf(format, words.OneLineEach(args)...))
}

// logLines writes text, which may have several lines, to err.
func (s *streams) logLines(text string) {
	s.endLine()
	fmt.Fprintf(s.err, "cnntrain: %s\n", text)
}

// showEdited says that the spec.yaml of a run is not the spec of its weights, or that these are
// not from best.safetensors.
func (s *streams) showEdited(path string, m *trained.Model) {
	if m.Rebuilt != "" {
		s.logf("%s", m.Rebuilt)
	}
	if m.Edited != "" {
		s.logf("%s: %s has been edited, which changes nothing here: the weights hold the spec they were trained with (%s); fit trains what it says now", path, runs.SpecFile, m.Edited)
	}
}

// printJSON writes the document of --json.
func (s *streams) printJSON(v any) error {
	document, err := jsonOf(v, "")
	if err == nil {
		_, err = s.out.Write(append(document, '\n'))
	}
	return err
}

// jsonOf returns v as JSON; its lines after the first begin with prefix.
func jsonOf(v any, prefix string) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent(prefix, "  ")
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return words.JSON(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
