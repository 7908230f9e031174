package runs

import (
	"fmt"
	"strings"

	"cnntrain/internal/spec"
)

// Edited describes how one resolved spec differs from the other that it was made from: the
// first few values; empty if there is no difference.
func Edited(from, to string) string {
	var problems spec.Problems
	t := newTable(2)
	for i, src := range []string{from, to} {
		if s := spec.Parse(SpecFile, []byte(src), nil, &problems); s != nil {
			for _, v := range s.Values() {
				t.set(v.Path, i, v.Text)
			}
		}
	}
	const most = 3
	var list []string
	for _, r := range t.differing() {
		was, is := r.Values[0], r.Values[1]
		switch {
		case is == "":
			list = append(list, fmt.Sprintf("%s: %s is gone", r.Name, was))
		case was == "":
			list = append(list, fmt.Sprintf("%s: %s is new", r.Name, is))
		default:
			list = append(list, fmt.Sprintf("%s: %s, was %s", r.Name, is, was))
		}
	}
	if n := len(list); n > most {
		list = append(list[:most], fmt.Sprintf("and %d more", n-most))
	}
	return strings.Join(list, "; ")
}
