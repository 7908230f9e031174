package data

import (
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"cnntrain/internal/data/dataset"
)

// A Manifest maps the names of the files of a run to their entries.
type Manifest map[string]Entry

// An Entry describes one file of a Manifest.
type Entry struct {
	Label  string // its class, or classes, separated by "|"
	Split  string // train, val or test
	Digest string // SHA-256 of its content
}

// manifestColumns is the header line, the same as that of an image list.
var manifestColumns = []string{"file", "label", "split", "sha256"}

// OfFiles reports whether the examples are files.
func (s *Sets) OfFiles() bool {
	_, ok := FileOf(s.Train, 0)
	return ok
}

// Manifest returns the manifest of the files of s.
func (s *Sets) Manifest() Manifest { return maps.Collect(s.files) }

// files yields each file of s.
func (s *Sets) files(yield func(string, Entry) bool) {
	for _, split := range []struct {
		name string
		dataset.Examples
	}{{"train", s.Train}, {"val", s.Val}, {"test", s.Test}} {
		if split.Examples == nil {
			continue
		}
		for i := range split.Len() {
			f, _ := FileOf(split.Examples, i)
			if !yield(f.Name, Entry{s.LabelText(split.Label(i)), split.name, f.Digest}) {
				return
			}
		}
	}
}

// names returns the files in alphabetical order.
func (m Manifest) names() []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// WriteManifest writes the files of s as CSV, split by split, each in its order.
func (s *Sets) WriteManifest(w io.Writer) error {
	out := csv.NewWriter(w)
	_ = out.Write(manifestColumns) // Error returns the first error
	for name, e := range s.files {
		_ = out.Write([]string{name, e.Label, e.Split, e.Digest})
	}
	out.Flush()
	return out.Error()
}

// ReadManifest reads what WriteManifest wrote.
func ReadManifest(r io.Reader) (Manifest, error) {
	in := csv.NewReader(r)
	in.FieldsPerRecord = len(manifestColumns)
	in.ReuseRecord = true
	if first, err := in.Read(); err != nil || !slices.Equal(first, manifestColumns) {
		return nil, fmt.Errorf("does not begin with the columns %s", strings.Join(manifestColumns, ","))
	}
	m := Manifest{}
	for {
		row, err := in.Read()
		if err == io.EOF {
			return m, nil
		}
		if err != nil {
			return nil, err
		}
		m[strings.Clone(row[0])] = Entry{strings.Clone(row[1]), strings.Clone(row[2]), strings.Clone(row[3])}
	}
}

// Changes is the difference between a manifest and an earlier one: names of files, in
// alphabetical order.
type Changes struct {
	Lost, Added []string
	Changed     []string // with different content
	Moved       []string // in another class or split
}

// Since returns the changes from the manifest before to m.
func (m Manifest) Since(before Manifest) (c Changes) {
	for _, name := range before.names() {
		switch now, ok := m[name]; {
		case !ok:
			c.Lost = append(c.Lost, name)
		case now.Digest != before[name].Digest:
			c.Changed = append(c.Changed, name)
		case now != before[name]:
			c.Moved = append(c.Moved, name)
		}
	}
	for _, name := range m.names() {
		if _, ok := before[name]; !ok {
			c.Added = append(c.Added, name)
		}
	}
	return c
}

// String describes the changes and names the first files of each kind: "2 lost (cat/1.jpg,
// dog/7.jpg), 1 added (owl/3.jpg)".
func (c Changes) String() string {
	var said []string
	add := func(names []string, what string) {
		if n := len(names); n > 0 {
			some := strings.Join(names[:min(n, mostNamed)], ", ")
			if n > mostNamed {
				some += ", …"
			}
			said = append(said, fmt.Sprintf("%d %s (%s)", n, what, some))
		}
	}
	add(c.Lost, "lost")
	add(c.Added, "added")
	add(c.Changed, "changed")
	add(c.Moved, "in another class or split")
	return strings.Join(said, ", ")
}

// Leaked returns the files that are test data now and were training or validation data
// before.
func (m Manifest) Leaked(before Manifest) (names []string) {
	for _, name := range m.names() {
		if was, ok := before[name]; ok && m[name].Split == "test" && was.Split != "test" {
			names = append(names, name)
		}
	}
	return names
}
