package table

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestWidth(t *testing.T) {
	for s, want := range map[string]int{
		"": 0, "cat": 3, "고양이": 6, "猫": 2, "ｱｲｳ": 3, "Ａ": 2, "e\u0301": 1, "ë": 1, "👨\u200d👩\u200d👧": 2, "━━": 2, "…": 1, "±": 1,
	} {
		if got := Width(s); got != want {
			t.Errorf("%q: %d, want %d", s, got, want)
		}
	}
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		s     string
		width int
		want  string
	}{{"cat", 3, "cat"}, {"cats", 3, "ca…"}, {"고양이", 6, "고양이"}, {"고양이", 5, "고양…"}, {"고양이", 4, "고…"}, {"cat", 0, "…"}, {"cat", -1, "…"}} {
		if got := Cut(c.s, c.width); got != c.want {
			t.Errorf("%q in %d: %q, want %q", c.s, c.width, got, c.want)
		}
	}
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		s     string
		width int
		want  []string
	}{
		{"", 5, []string{""}},
		{"cat", 3, []string{"cat"}},
		{"images_per_second", 10, []string{"images_", "per_second"}},
		{"taken for dogs", 9, []string{"taken for", "dogs"}},
		{"train.optimizer.adam.learning_rate", 22, []string{"train.optimizer.adam.", "learning_rate"}},
		{"runs/lenet5/12", 9, []string{"runs/", "lenet5/12"}},
		{"abcdefgh", 3, []string{"abc", "def", "gh"}},
		{"고양이", 5, []string{"고양", "이"}},
		{"고양이", 1, []string{"고", "양", "이"}},
		{"e\u0301e\u0301e\u0301", 2, []string{"e\u0301e\u0301", "e\u0301"}},
		{"a     b", 3, []string{"a", "b"}},
	} {
		if got := Wrap(c.s, c.width); !slices.Equal(got, c.want) {
			t.Errorf("%q in %d: %q, want %q", c.s, c.width, got, c.want)
		}
	}
}

// lines writes a table to a terminal of a width, 0 for a file.
func lines(t *testing.T, width int, right bool, text string) []string {
	t.Helper()
	var b bytes.Buffer
	w := New(&b)
	w.width, w.Right = width, right
	w.text.WriteString(text)
	if b.Len() > 0 {
		t.Error("written before Flush")
	}
	for range 2 { // the second time nothing is left
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	return strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
}

func TestTable(t *testing.T) {
	for _, c := range []struct {
		what  string
		width int
		right bool
		text  string
		want  []string
	}{
		{"columns by width", 0, false, "class\timages\t\n고양이\t1\tdog (2)\ndog\t12\t\n", []string{
			"class   images",
			"고양이  1       dog (2)",
			"dog     12"}},
		{"a line without tabs ends the columns", 0, false, "a title that is long\nlong cell\tb\n\nc\td\n", []string{
			"a title that is long",
			"long cell  b",
			"",
			"c  d"}},
		{"a first cell that is empty", 0, false, "\tone\ttwo\nrate\t1\t2\n", []string{
			"      one  two",
			"rate  1    2"}},
		{"numbers to the right", 0, true, "ms\t%\top\n1.5\t100.0\tconv\n", []string{
			" ms      %  op",
			"1.5  100.0  conv"}},
		{"the widest cell is broken", 24, false, "run\tnote\nruns/a/1\tstopped after 3 epochs\n", []string{
			"run       note",
			"runs/a/1  stopped after",
			"          3 epochs"}},
		{"the first column stays whole", 44, false, "run\tspec\tnote\nruns/functional/1\tk3-lenet5.keras\timported, not trained here\n", []string{
			"run                spec         note",
			"runs/functional/1  k3-lenet5.   imported,",
			"                   keras        not trained",
			"                                here"}},
		{"columns without room follow below", 28, false, "\truns/one/1\truns/two/22\truns/three/3\nrate\t0.1\t0.2\t0.3\n", []string{
			"      runs/one/1  runs/two/",
			"                  22",
			"rate  0.1         0.2",
			"",
			"      runs/three/3",
			"rate  0.3"}},
		{"exactly as wide as the terminal", 5, false, "a\tbc\n", []string{"a  bc"}},
	} {
		if got := lines(t, c.width, c.right, c.text); !slices.Equal(got, c.want) {
			t.Errorf("%s:\n%s\nwant\n%s", c.what, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
	}
}

func FuzzTable(f *testing.F) {
	f.Add(20, "a\tb\n고양이\tc\td\n\nx\ty")
	f.Add(1, "👨\u200d👩\u200d👧 e\u0301\tb\n")
	f.Fuzz(func(t *testing.T, width int, text string) {
		if !utf8.ValidString(text) {
			t.Skip("what has no characters cannot be counted")
		}
		written := func(width int) string {
			return strings.Join(strings.Fields(strings.Join(lines(t, width, false, text), "\n")), "")
		}
		want := strings.Join(strings.Fields(text), "")
		if got := written(0); got != want {
			t.Errorf("%q became %q", want, got)
		}
		narrow := written(max(1, width%200))
		for _, r := range want {
			if strings.Count(narrow, string(r)) < strings.Count(want, string(r)) {
				t.Errorf("%q is cut to %q", want, narrow)
			}
		}
	})
}

// Names of others stay in their cells.
func TestTabsInCellsAreEscaped(t *testing.T) {
	var b bytes.Buffer
	w := New(&b)
	w.Printf("class\timages\n")
	w.Printf("%s\t%d\n", "a\tb\nc\x1b[2J", 3)
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if want := "class           images\na\\tb\\nc\\x1b[2J  3\n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}
