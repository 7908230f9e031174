package dataset

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A row is a line of an image list.
type row struct {
	file  string
	label string // in Unicode's composed form (NFC)
	split split
	line  int
}

// columns lists the accepted names of each column, in any case.
var columns = []struct {
	name  string
	names []string
}{
	{"file", []string{"file", "filename", "file_name", "filepath", "path", "image", "image_path"}},
	{"label", []string{"label", "class", "class_name"}},
	{"split", []string{"split", "set", "subset"}},
}

// readList reads an image list. given reports whether it assigns splits. Each problem has
// the form "LINE: what is wrong".
func readList(text []byte, separator string) (rows []row, given bool, problems []string) {
	text, err := plainText(text)
	if err != nil {
		return nil, false, []string{" " + err.Error()}
	}
	comma, text, skipped := fieldSeparator(text)
	in := csv.NewReader(bytes.NewReader(text))
	in.Comma, in.FieldsPerRecord, in.TrimLeadingSpace = comma, -1, comma != '\t'
	var labels []string
	var empty []int // which of problems are empty labels
	var at []int    // indices of the file, label and split columns; -1: none
	for {
		fields, err := in.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			line := 0
			var wrong *csv.ParseError
			if errors.As(err, &wrong) {
				line, err = wrong.StartLine, wrong.Err
			}
			problems = append(problems, fmt.Sprintf("%d: %v", line+skipped, err))
			continue
		}
		line, _ := in.FieldPos(0)
		line += skipped
		if at == nil {
			if at = header(fields); at[0] < 0 || at[1] < 0 {
				return nil, false, append(problems, fmt.Sprintf("%d: the first line has to name the columns, file%clabel or file%clabel%csplit, and is %q",
					line, comma, comma, comma, strings.Join(fields, string(comma))))
			}
			continue
		}
		if strings.TrimSpace(strings.Join(fields, "")) == "" {
			continue
		}
		var values [3]string
		for i, column := range at {
			if column >= 0 && column < len(fields) {
				values[i] = strings.TrimSpace(fields[column])
			}
		}
		r := row{file: values[0], label: norm.NFC.String(values[1]), line: line}
		if r.file == "" {
			problems = append(problems, fmt.Sprintf("%d: no file", line))
		}
		if r.label == "" {
			empty = append(empty, len(problems))
			problems = append(problems, fmt.Sprintf("%d: %s has an empty label", line, r.file))
		}
		if at[2] >= 0 {
			var ok bool
			if r.split, ok = splitOf(values[2]); !ok {
				problems = append(problems, fmt.Sprintf("%d: the split of %s is %q; it has to be train, val or test", line, r.file, values[2]))
			}
		}
		if labels = append(labels, r.label); r.file != "" {
			rows = append(rows, r)
		}
	}
	if at == nil && problems == nil {
		problems = append(problems, " empty; the first line has to be file,label or file,label,split")
	}
	if several(labels, separator) { // an image can have none, too
		for i := len(empty) - 1; i >= 0; i-- {
			problems = slices.Delete(problems, empty[i], empty[i]+1)
		}
	} else {
		rows = slices.DeleteFunc(rows, func(r row) bool { return r.label == "" })
	}
	return rows, at != nil && at[2] >= 0, problems
}

// header finds the columns of a list, -1 if missing.
func header(fields []string) []int {
	at := make([]int, len(columns))
	for i, c := range columns {
		at[i] = slices.IndexFunc(fields, func(f string) bool {
			return slices.Contains(c.names, strings.ToLower(strings.TrimSpace(f)))
		})
	}
	return at
}

// fieldSeparator finds the field separator: that of Excel's line "sep=;", which is removed, else
// the one with which the first line has the most known columns.
func fieldSeparator(text []byte) (comma rune, rest []byte, lines int) {
	first, rest, _ := bytes.Cut(text, []byte("\n"))
	line := strings.TrimSpace(string(first))
	if sep, ok := strings.CutPrefix(strings.ToLower(line), "sep="); ok && len(sep) == 1 && strings.Contains(",;\t|", sep) {
		return rune(sep[0]), rest, 1
	}
	best := -1
	for _, c := range ",;\t|" {
		fields := strings.Split(line, string(c))
		for i, f := range fields {
			fields[i] = strings.Trim(strings.TrimSpace(f), `"`)
		}
		known := 0
		for _, at := range header(fields) {
			if at >= 0 {
				known++
			}
		}
		if known > best {
			comma, best = c, known
		}
	}
	return comma, text, 0
}

// plainText converts text to UTF-8 with \n line ends, without a byte order mark.
func plainText(text []byte) ([]byte, error) {
	switch {
	case bytes.HasPrefix(text, []byte("\xff\xfe")):
		text = fromUTF16(text[2:], binary.LittleEndian)
	case bytes.HasPrefix(text, []byte("\xfe\xff")):
		text = fromUTF16(text[2:], binary.BigEndian)
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if bytes.IndexByte(text, 0) >= 0 {
		return nil, errors.New("not a text file")
	}
	if !bytes.ContainsRune(text, '\n') {
		text = bytes.ReplaceAll(text, []byte("\r"), []byte("\n"))
	}
	if !utf8.Valid(text) {
		line := 1
		for l := range bytes.Lines(text) {
			if !utf8.Valid(l) {
				break
			}
			line++
		}
		return nil, fmt.Errorf("line %d is not UTF-8; save the list as CSV UTF-8", line)
	}
	return text, nil
}

func fromUTF16(text []byte, order binary.ByteOrder) []byte {
	units := make([]uint16, len(text)/2)
	for i := range units {
		units[i] = order.Uint16(text[2*i:])
	}
	return []byte(string(utf16.Decode(units)))
}
