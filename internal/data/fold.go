package data

import (
	"fmt"
	"strconv"
	"strings"

	"cnntrain/internal/data/dataset"
)

// A Fold is one of several ways to split the training examples: Number, from 1, of Of. The zero
// Fold is none.
type Fold struct{ Number, Of int }

// parseFold reads "2/5"; the empty string is none.
func parseFold(s string) (f Fold, err error) {
	if s == "" {
		return f, nil
	}
	number, of, ok := strings.Cut(s, "/")
	f.Number, err = strconv.Atoi(number)
	if err == nil {
		f.Of, err = strconv.Atoi(of)
	}
	if !ok || err != nil || f.Of < 2 || f.Number < 1 || f.Number > f.Of {
		return Fold{}, fmt.Errorf("fold: must be a number of folds as 1/5, 2/5, up to 5/5; got %q", s)
	}
	return f, nil
}

// splitFold splits the first n training examples: within each class, in their order, the part
// with the number of the fold is for validation. Each example is so in exactly one fold.
func splitFold(d *dataset.Data, n int, f Fold) (train, val dataset.Examples, err error) {
	counts, seen := map[int]int{}, map[int]int{}
	for i := range n {
		counts[stratum(d, i)]++
	}
	t, v := some{d.Train, nil}, some{d.Train, nil}
	for i := range n {
		class := stratum(d, i)
		if seen[class]*f.Of/counts[class]+1 == f.Number {
			v.index = append(v.index, i)
		} else {
			t.index = append(t.index, i)
		}
		seen[class]++
	}
	if len(t.index) == 0 || len(v.index) == 0 {
		return nil, nil, fmt.Errorf("fold %d/%d of %d examples leaves none for training or for validation", f.Number, f.Of, n)
	}
	return t, v, nil
}
