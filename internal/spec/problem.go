package spec

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Pos is a position in a spec: a line of a file, or, if Line is 0, the command-line flag
// whose text is File.
type Pos struct {
	File         string
	Line, Column int
}

// String returns "file:line:column", which editors and terminals recognize as a link.
func (p Pos) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// A Problem is one error in a spec, with its position.
type Problem struct {
	Pos     Pos
	Message string
}

func (p Problem) Error() string { return oneLine(p.Pos.String()) + ": " + p.Message }

// Problems collects all errors of a spec, so that they are shown together.
type Problems struct {
	// Elsewhere, if set, says where a spec has the option called name, which is unknown where
	// it was found: its path, and how to write it in YAML where the path does not say; empty if
	// nowhere.
	Elsewhere func(name string) (path, written string)

	list []Problem
}

// Hint completes a message about an unknown option in a document: with its name here, if it is
// one of PyTorch's, with the place of an option of that name, if there is one, else as [Hint].
func (p *Problems) Hint(name string, known []string) string {
	if path, written := p.elsewhere(name, known); written != "" {
		return "; it is " + path + ", such as " + written
	}
	return p.HintPath(name, known)
}

// HintPath is Hint for an option that was set by its path.
func (p *Problems) HintPath(name string, known []string) string {
	if path, _ := p.elsewhere(name, known); path != "" {
		return "; it is " + path
	}
	if strings.HasSuffix(name, ")") && !strings.Contains(name, "(") { // the end of (3, 3), which YAML cuts at its comma
		return "; a tuple is written as a list: [3, 3]"
	}
	if why := needless(name); why != "" {
		return "; leave it out: " + why
	}
	return Hint(name, known)
}

func (p *Problems) elsewhere(name string, known []string) (path, written string) {
	if p.Elsewhere == nil || Translated(name, known) != "" {
		return "", ""
	}
	return p.Elsewhere(name)
}

// Add records an error at a position.
func (p *Problems) Add(at Pos, format string, args ...any) {
	p.list = append(p.list, Problem{at, oneLine(fmt.Sprintf(format, args...))})
}

// oneLine escapes control characters as in Go source, so that a message is one line
// whatever the spec or flag contains.
func oneLine(s string) string {
	if !strings.ContainsFunc(s, unicode.IsControl) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if unicode.IsControl(r) {
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Len returns the number of problems so far.
func (p *Problems) Len() int { return len(p.list) }

// Err returns nil, or an Invalid with every problem once, ordered by position.
func (p *Problems) Err() error {
	if len(p.list) == 0 {
		return nil
	}
	list := slices.Clone(p.list)
	slices.SortStableFunc(list, func(a, b Problem) int {
		return cmp.Or(
			cmp.Compare(a.Pos.File, b.Pos.File),
			cmp.Compare(a.Pos.Line, b.Pos.Line),
			cmp.Compare(a.Pos.Column, b.Pos.Column),
		)
	})
	// A block that is used twice reports the errors inside it twice.
	return Invalid(slices.Compact(list))
}

// Invalid is the error of an invalid spec: all its problems, one per line.
type Invalid []Problem

func (e Invalid) Error() string {
	lines := make([]string, len(e))
	for i, p := range e {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}
