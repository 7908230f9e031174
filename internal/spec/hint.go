package spec

import (
	"fmt"
	"slices"
	"strings"
)

// Hint completes a message about an unknown name: with the known name that was probably
// meant, else with the list of known names.
func Hint(got string, known []string) string {
	if near := Nearest(got, known); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	if len(known) == 0 {
		return ""
	}
	return "; known: " + strings.Join(known, ", ")
}

// Nearest returns the known name that was probably meant by got: its translation, if it is a word of
// PyTorch, the shortest that starts with
// got, if it begins all that do, else one within a small edit distance; or "".
func Nearest(got string, known []string) string {
	if ours := Translated(got, known); ours != "" {
		return ours
	}
	got = strings.ToLower(got)
	if got == "" {
		return ""
	}
	var begin []string
	for _, k := range known {
		if strings.HasPrefix(k, got) {
			begin = append(begin, k)
		}
	}
	if len(begin) > 0 {
		shortest := slices.MinFunc(begin, func(a, b string) int { return len(a) - len(b) })
		if !slices.ContainsFunc(begin, func(k string) bool { return !strings.HasPrefix(k, shortest) }) {
			return shortest
		}
	}
	best, bestD := "", max(1, min(3, len(got)/3))+1
	for _, k := range known {
		if d := distance(got, k); d < bestD {
			best, bestD = k, d
		}
	}
	return best
}

// distance is the edit distance of a and b with transpositions counted as one edit
// (Damerau–Levenshtein, optimal string alignment).
func distance(a, b string) int {
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
