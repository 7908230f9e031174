package table

import (
	"bytes"
	"testing"
)

func TestNoCellOfCSVIsAFormula(t *testing.T) {
	for cell, want := range map[string]string{
		"":               "",
		"cat":            "cat",
		"=HYPERLINK(1)":  "'=HYPERLINK(1)",
		"+cmd":           "'+cmd",
		"-cmd|'/c calc'": "'-cmd|'/c calc'",
		"@SUM(A1)":       "'@SUM(A1)",
		"\t=1":           "'\t=1",
		"-1.5e-07":       "-1.5e-07",
		"+3":             "+3",
		"-":              "'-",
		"1-2":            "1-2",
		"고양이":            "고양이",
	} {
		if got := Cell(cell); got != want {
			t.Errorf("%q: got %q, want %q", cell, got, want)
		}
	}
	var b bytes.Buffer
	w := NewCSV(&b)
	w.Row("a,b", "=1+1", "\"")
	w.Flush()
	if want := "\"a,b\",'=1+1,\"\"\"\"\n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}
