package table

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
)

// A CSV writes rows for other programs, spreadsheets among them. The caller must call Flush and
// check Error, as of an encoding/csv.Writer.
type CSV struct{ *csv.Writer }

// NewCSV returns a CSV that writes to w.
func NewCSV(w io.Writer) CSV { return CSV{csv.NewWriter(w)} }

// Row writes a row. Each cell is passed through [Cell].
func (c CSV) Row(cells ...string) {
	for i, s := range cells {
		cells[i] = Cell(s)
	}
	_ = c.Write(cells) // Error returns it
}

// Cell returns s with a ' in front if a spreadsheet would take it for a formula: if it starts
// with =, +, -, @, a tab or a carriage return and is not a number (OWASP, CSV Injection).
func Cell(s string) string {
	if s == "" || !strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return s
	}
	if _, err := strconv.ParseFloat(s, 64); err == nil {
		return s
	}
	return "'" + s
}
