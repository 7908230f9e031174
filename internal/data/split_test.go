package data

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"cnntrain/internal/data/dataset"
)

// fake is n examples of classes in turn. Every value of image i is i.
type fake struct {
	n      int
	broken []int // images that cannot be read
}

var errBroken = errors.New("broken")

func (f fake) Len() int { return f.n }

func (f fake) Label(i int) int { return i % 3 }

func (f fake) Image(dst []float32, i int) error {
	for p := range dst {
		dst[p] = float32(i)
	}
	if slices.Contains(f.broken, i) {
		return errBroken
	}
	return nil
}

// indices returns the numbers of the images of ex in the dataset.
func indices(t *testing.T, ex dataset.Examples) []int {
	var list []int
	x := make([]float32, 2)
	for i := range ex.Len() {
		if err := ex.Image(x, i); err != nil {
			t.Fatal(err)
		}
		if int(x[1])%3 != ex.Label(i) {
			t.Errorf("label %d of image %v", ex.Label(i), x[1])
		}
		list = append(list, int(x[1]))
	}
	return list
}

func sequence(from, to int) []int {
	var list []int
	for i := from; i < to; i++ {
		list = append(list, i)
	}
	return list
}

func TestSplitTakesTheLastPartForValidation(t *testing.T) {
	for _, c := range []struct {
		n     int
		split float64
		limit int
		train int
		val   int // -1: there is none
	}{
		{10, 0.2, 0, 8, 2},
		{10, 0, 0, 10, -1},
		{10, 0.25, 0, 7, 3}, // floor(7.5), as Keras
		{10, 0.99, 0, 0, 0}, // an error
		{10, 0.05, 0, 9, 1},
		{10, 0.2, 5, 4, 1},
		{10, 0.2, 50, 8, 2},
		{50_000, 0.2, 0, 40_000, 10_000},
		{1, 0, 0, 1, -1},
	} {
		s, err := Split(&dataset.Data{Train: fake{n: c.n}, Test: fake{n: 3}, Shape: []int{2, 3, 4}}, c.split, c.limit)
		if c.train == 0 {
			if err == nil {
				t.Errorf("%+v: no error", c)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(indices(t, s.Train), sequence(0, c.train)) {
			t.Errorf("%+v: %d for training", c, s.Train.Len())
		}
		switch {
		case c.val < 0:
			if s.Val != nil {
				t.Errorf("%+v: validation without a split", c)
			}
		case !slices.Equal(indices(t, s.Val), sequence(c.train, c.train+c.val)):
			t.Errorf("%+v: %d for validation", c, s.Val.Len())
		}
		if s.Test.Len() != 3 || s.Pixels() != 24 {
			t.Errorf("%+v: %d for testing, %d pixels", c, s.Test.Len(), s.Pixels())
		}
	}
}

func TestSplitRefusesEmptyParts(t *testing.T) {
	for _, c := range []struct {
		n     int
		split float64
		want  string
	}{
		{0, 0, "no training examples"},
		{3, 0.9, "leaves none to train on"},
		{1, 0.2, "leaves none to train on"},
	} {
		_, err := Split(&dataset.Data{Train: fake{n: c.n}}, c.split, 0)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestEmptyTestIsNone(t *testing.T) {
	for _, test := range []dataset.Examples{nil, fake{}} {
		s, err := Split(&dataset.Data{Train: fake{n: 3}, Test: test}, 0, 0)
		if err != nil || s.Test != nil {
			t.Errorf("%v, %v", s, err)
		}
	}
}

func TestCounts(t *testing.T) {
	if got := Counts(fake{n: 5}, 4); !slices.Equal(got, []int{2, 2, 1, 0}) {
		t.Errorf("got %v", got)
	}
}

// Runs can be repeated only while this stays as it is.
func TestOrderNeverChanges(t *testing.T) {
	if got, want := Order(10, 1, 2), []int{1, 3, 7, 4, 9, 0, 8, 2, 6, 5}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestEveryEpochHasItsOrder(t *testing.T) {
	seen := map[string]bool{}
	for seed := range uint64(5) {
		for epoch := range 5 {
			order := Order(20, seed, epoch)
			key := fmt.Sprint(order)
			if seen[key] {
				t.Errorf("seed %d, epoch %d: %s again", seed, epoch, key)
			}
			seen[key] = true
			slices.Sort(order)
			if !slices.Equal(order, sequence(0, 20)) {
				t.Errorf("seed %d, epoch %d: not a permutation", seed, epoch)
			}
		}
	}
}
