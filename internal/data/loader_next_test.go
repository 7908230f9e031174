package data

import (
	"slices"
	"testing"
)

// Shares with the next examples cover each batch, and go around its end.
func TestLoaderReadsTheExamplesAfterItsShare(t *testing.T) {
	order := []int{9, 8, 7, 6, 5, 4, 3, 2, 1, 0}
	var got [][]int
	for rank := range 3 {
		l := NewLoader(fake{n: 10}, 2, 7)
		l.Share(rank, 3)
		l.ReadNext(2)
		steps, err := collect(t, l, t.Context(), order, 0)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, steps...)
	}
	want := [][]int{{9, 8, 7, 6}, {2, 1, 0}, {7, 6, 5, 4}, {1, 0, 2}, {5, 4, 3, 9, 8}, {0, 2, 1}}
	if !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("%v, want %v", got, want)
	}
	alone := NewLoader(fake{n: 10}, 2, 7)
	alone.ReadNext(2)
	if steps, err := collect(t, alone, t.Context(), order, 0); err != nil || len(steps[0]) != 7 {
		t.Errorf("a whole batch needs no more: %v, %v", steps, err)
	}
}
