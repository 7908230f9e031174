package spec

import (
	"strings"
	"testing"
)

// The place of a syntax error is the line that has it.
func TestSyntaxErrorsNameTheirLine(t *testing.T) {
	for text, want := range map[string]string{
		"input: [8, 8, 3]\nlayers:\n  - dense: {units: 64 activation: relu}\n  - flatten\n":         "x.yaml:3:1: ",
		"input: [8, 8, 3]\nlayers:\n" + strings.Repeat("  - relu\n", 9) + " - flatten\n  - relu\n":  "x.yaml:12:1: ",
		"input: [8, 8, 3]\ntrain:\n  optimizer: adam\n  loss: focal\n epochs: 8\n  batch_size: 3\n": "x.yaml:5:1: ",
		"input: [8, 8, 3]\nlayers:\n  - conv2d: {filters: 3}}\n  - flatten\n":                       "x.yaml:3:1: ",
		"input: [8, 8, 3]\nlayers:\n  - relu\n  - \"conv2d\n  - flatten\n":                          "x.yaml:",
		"input: [8, 8, 3]\nlayers:\n  - conv2d: a: b\n  - flatten\n":                                "x.yaml:3:1: ",
	} {
		var problems Problems
		Parse("x.yaml", []byte(text), nil, &problems)
		if err := problems.Err(); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}
