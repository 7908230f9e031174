// Package table formats tables for people, with columns aligned by display width in a
// terminal, which is neither bytes nor characters: a Hangul syllable takes two columns.
package table

import (
	"bytes"
	"io"
	"slices"
	"strings"

	"cnntrain/internal/words"

	"github.com/clipperhouse/displaywidth"
	"golang.org/x/term"
)

// Width returns the display width of s in columns.
func Width(s string) int { return displaywidth.String(s) }

// Cut truncates s to width columns, with "…" at its end.
func Cut(s string, width int) string { return displaywidth.TruncateString(s, max(width, 0), "…") }

// A Writer lays out lines of tab-separated cells, as text/tabwriter does: consecutive lines
// share columns, and a line without tabs ends them. On a terminal no line is wider than the
// terminal: long cells are broken into several lines, and columns that still do not fit
// follow below the others, with the first column repeated.
type Writer struct {
	out   io.Writer
	width int // width of the terminal, 0 if there is none
	text  bytes.Buffer

	// Right aligns cells to the right, except for those of the last column.
	Right bool
}

// New returns a Writer to w. If w is a terminal, its width is used.
func New(w io.Writer) *Writer {
	t := &Writer{out: w}
	if file, ok := w.(interface{ Fd() uintptr }); ok {
		if width, _, err := term.GetSize(int(file.Fd())); err == nil {
			t.width = width
		}
	}
	return t
}

// Printf adds text, which is buffered until Flush. Texts among args stay in their cell: their own
// tabs and ends of lines are escaped.
func (t *Writer) Printf(format string, args ...any) {
	_, _ = words.Fprintf(&t.text, format, args...) // which cannot fail
}

// Flush writes the buffered lines.
func (t *Writer) Flush() error {
	var out strings.Builder
	var rows [][]string
	for line := range strings.Lines(t.text.String()) {
		if strings.Contains(line, "\t") {
			rows = append(rows, strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
			continue
		}
		t.layOut(&out, rows)
		rows = nil
		out.WriteString(line)
	}
	t.layOut(&out, rows)
	t.text.Reset()
	_, err := io.WriteString(t.out, out.String())
	return err
}

const (
	gap    = 2  // spaces between two columns of the table
	narrow = 10 // minimum width of a column that is made narrower
)

// layOut writes rows that share columns.
func (t *Writer) layOut(out *strings.Builder, rows [][]string) {
	var widths []int
	for _, row := range rows {
		for c, cell := range row {
			if c == len(widths) {
				widths = append(widths, 0)
			}
			widths[c] = max(widths[c], Width(cell))
		}
	}
	for i, columns := range t.groups(widths) {
		if i > 0 {
			out.WriteByte('\n')
		}
		wide := make([]int, len(columns))
		for i, c := range columns {
			wide[i] = widths[c]
		}
		t.shrink(wide)
		for _, row := range rows {
			t.writeRow(out, row, columns, wide)
		}
	}
}

// groups returns the columns that are written side by side: all, or as many as fit, each
// time with the first one.
func (t *Writer) groups(widths []int) (groups [][]int) {
	used := 0
	for c, w := range widths {
		w = min(w, narrow)
		switch {
		case c == 0:
			groups = [][]int{{0}}
			used = w
			continue
		case t.width > 0 && used+gap+w > t.width && len(groups[len(groups)-1]) > 1:
			groups = append(groups, []int{0})
			used = min(widths[0], narrow)
		}
		last := len(groups) - 1
		groups[last] = append(groups[last], c)
		used += gap + w
	}
	return groups
}

// shrink makes the widest columns narrower until all fit. The first one, which names the rows and is
// copied from the terminal, is the last that is, unless it takes more than half of the width.
func (t *Writer) shrink(widths []int) {
	first := 0
	if len(widths) > 1 && 2*widths[0] <= t.width {
		first = 1
	}
	total := gap * (len(widths) - 1)
	for _, w := range widths {
		total += w
	}
	for t.width > 0 && total > t.width {
		widest := first + slices.Index(widths[first:], slices.Max(widths[first:]))
		if widths[widest] <= narrow {
			if first == 0 {
				return
			}
			first = 0
			continue
		}
		widths[widest]--
		total--
	}
}

// writeRow writes the cells of a row, in as many lines as the longest of them needs.
func (t *Writer) writeRow(out *strings.Builder, row []string, columns, widths []int) {
	cells := make([][]string, len(columns))
	lines := 1
	for i, c := range columns {
		if c < len(row) {
			cells[i] = Wrap(row[c], widths[i])
		}
		lines = max(lines, len(cells[i]))
	}
	for n := range lines {
		var line strings.Builder
		for i, w := range widths {
			cell := ""
			if n < len(cells[i]) {
				cell = cells[i][n]
			}
			space := strings.Repeat(" ", max(w-Width(cell), 0))
			if t.Right && i < len(widths)-1 {
				line.WriteString(space + cell)
			} else {
				line.WriteString(cell + space)
			}
			line.WriteString(strings.Repeat(" ", gap))
		}
		out.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
}

// Wrap breaks s into lines of a width: after spaces and separators within names, else
// between any grapheme clusters. A cluster wider than the width has a line of its own.
func Wrap(s string, width int) (lines []string) {
	if Width(s) <= width {
		return []string{s}
	}
	line, columns := "", 0
	breakAt := 0 // length of the part of line after which it may be broken; 0: nowhere
	for g := displaywidth.StringGraphemes(s); g.Next(); {
		char := g.Value()
		if columns+g.Width() > width && line != "" && char != " " {
			if breakAt == 0 {
				breakAt = len(line)
			}
			lines = append(lines, strings.TrimRight(line[:breakAt], " "))
			line = line[breakAt:]
			columns, breakAt = Width(line), 0
		}
		line += char
		columns += g.Width()
		if strings.Contains(" /_-.", char) {
			breakAt = len(line)
		}
	}
	return append(lines, strings.TrimRight(line, " "))
}
