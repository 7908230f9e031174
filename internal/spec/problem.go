package spec

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Pos is a place in a spec: a line of a file, or, with Line 0, the command-line
// flag that File holds the text of.
type Pos struct {
	File         string
	Line, Column int
}

// String returns "file:line:column", as editors and terminals link it.
func (p Pos) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// A Problem is one thing wrong with a spec, and its place.
type Problem struct {
	Pos     Pos
	Message string
}

func (p Problem) Error() string { return p.Pos.String() + ": " + p.Message }

// Problems collects everything wrong with a spec, so that all of it is shown at once.
type Problems struct{ list []Problem }

// Add notes that something is wrong at a place.
func (p *Problems) Add(at Pos, format string, args ...any) {
	p.list = append(p.list, Problem{at, oneLine(fmt.Sprintf(format, args...))})
}

// oneLine writes control characters as in Go source, so that a message is one
// line whatever a spec or a flag holds.
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

// Err returns nil, or an Invalid with every problem once, in the order of their places.
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
	// A block that is used twice reports what is wrong inside it twice.
	return Invalid(slices.Compact(list))
}

// Invalid is the error of a spec that cannot be used: all its problems, a line each.
type Invalid []Problem

func (e Invalid) Error() string {
	lines := make([]string, len(e))
	for i, p := range e {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}
