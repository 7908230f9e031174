package data

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"cnntrain/internal/data/dataset"
)

func TestEachExampleIsForValidationInOneFold(t *testing.T) {
	var l labels
	for i := range 47 {
		l = append(l, i%2) // 24 and 23
	}
	d := &dataset.Data{Train: l, Classes: []string{"a", "b"}}
	times := make([]int, len(l))
	var sizes []string
	for k := range 5 {
		s, err := Split(d, 0, Fold{k + 1, 5}, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range s.Val.(some).index {
			times[i]++
		}
		if s.Train.Len()+s.Val.Len() != len(l) {
			t.Errorf("%d and %d", s.Train.Len(), s.Val.Len())
		}
		sizes = append(sizes, fmt.Sprint(Counts(s.Val, 2, nil)))
	}
	if slices.ContainsFunc(times, func(n int) bool { return n != 1 }) {
		t.Errorf("for validation so many times: %v", times)
	}
	if got, want := strings.Join(sizes, " "), "[5 5] [5 5] [5 4] [5 5] [4 4]"; got != want {
		t.Errorf("sizes %s, want %s", got, want)
	}
	if _, err := Split(d, 0.2, Fold{1, 5}, 0); err == nil || !strings.Contains(err.Error(), "validation_split: 0.2 beside fold: 1/5") {
		t.Errorf("got %v", err)
	}
}

func TestFoldsAreReadAsFractions(t *testing.T) {
	for text, want := range map[string]Fold{"": {}, "1/5": {1, 5}, "10/10": {10, 10}} {
		if got, err := parseFold(text); got != want || err != nil {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"2", "0/5", "6/5", "1/1", "a/b", "1/5/2", "-1/5"} {
		if _, err := parseFold(text); err == nil {
			t.Errorf("%q is a fold", text)
		}
	}
}
