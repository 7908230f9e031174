package data

import (
	"slices"
	"strings"
	"testing"

	"cnntrain/internal/data/dataset"
)

type labels []int

func (l labels) Len() int                       { return len(l) }
func (l labels) Label(i int) int                { return l[i] }
func (l labels) Image(_ []float32, _ int) error { return nil }

func TestClassesAreKnownByName(t *testing.T) {
	d := &dataset.Data{Train: labels{0, 1, 1}, Test: labels{}, Classes: []string{"cafe\u0301", "ant"}}
	s, err := Known(d, []string{"ant", "bee", "café"})
	if err != nil {
		t.Fatal(err)
	}
	var got []int
	for i := range s.Train.Len() {
		got = append(got, s.Train.Label(i))
	}
	if want := []int{2, 0, 0}; !slices.Equal(got, want) || s.Test != nil || s.Val != nil {
		t.Errorf("labels %v, want %v; %v, %v", got, want, s.Test, s.Val)
	}
	d.Classes[1] = "wasp"
	if _, err := Known(d, []string{"ant", "bee", "café"}); err == nil || !strings.Contains(err.Error(), `does not know "wasp"; its classes are "ant", "bee", "café"`) {
		t.Errorf("got %v", err)
	}
}
