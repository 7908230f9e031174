package data

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"cnntrain/internal/data/dataset"
)

var abc = []string{"a", "b", "c"}

// fake is a dataset with its classes in turn. Every value of image i is i.
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

// indices returns the positions of the images of ex in the dataset.
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
		val   int // -1: no split
	}{
		{10, 0.2, 0, 8, 2},
		{10, 0, 0, 10, -1},
		{10, 0.25, 0, 7, 3}, // floor(7.5), as in Keras
		{10, 0.99, 0, 0, 0}, // an error
		{10, 0.05, 0, 9, 1},
		{10, 0.2, 5, 4, 1},
		{10, 0.2, 50, 8, 2},
		{50_000, 0.2, 0, 40_000, 10_000},
		{3, 0, 0, 3, -1},
	} {
		s, err := Split(&dataset.Data{Train: fake{n: c.n}, Test: fake{n: 3}, Shape: []int{2, 3, 4}, Classes: abc}, c.split, Fold{}, c.limit)
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
		_, err := Split(&dataset.Data{Train: fake{n: c.n}, Classes: abc}, c.split, Fold{}, 0)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// The last examples of each class are for validation, so that every class is represented.
func TestSplitByClass(t *testing.T) {
	for _, c := range []struct {
		n          int
		split      float64
		limit      int
		train, val []int // -1: no split
	}{
		{9, 0.34, 0, []int{0, 1, 2, 3, 4, 5}, []int{6, 7, 8}},
		{9, 0.01, 0, []int{0, 1, 2, 3, 4, 5}, []int{6, 7, 8}},
		{9, 0.99, 0, []int{0, 1, 2}, []int{3, 4, 5, 6, 7, 8}},
		{7, 0.2, 0, []int{0, 1, 2, 3}, []int{4, 5, 6}},
		{9, 0.5, 5, []int{0, 1, 2}, []int{3, 4}},
		{3, 0.5, 0, []int{0, 1, 2}, nil},
	} {
		s, err := Split(&dataset.Data{Train: fake{n: c.n}, Classes: abc, ByClass: true}, c.split, Fold{}, c.limit)
		if err != nil {
			t.Fatal(err)
		}
		if got := indices(t, s.Train); !slices.Equal(got, c.train) {
			t.Errorf("%+v: %v for training", c, got)
		}
		if s.Val == nil != (c.val == nil) || s.Val != nil && !slices.Equal(indices(t, s.Val), c.val) {
			t.Errorf("%+v: not the right ones for validation", c)
		}
	}
}

func TestSplitLeavesGivenValidationAlone(t *testing.T) {
	d := &dataset.Data{Train: fake{n: 9}, Val: fake{n: 3}, Classes: abc, ByClass: true}
	if s, err := Split(d, 0, Fold{}, 0); err != nil || s.Train.Len() != 9 || s.Val.Len() != 3 {
		t.Errorf("%+v, %v", s, err)
	}
	_, err := Split(d, 0.2, Fold{}, 0)
	if want := "validation_split: 0.2 beside images that are for validation already; leave it out, or them"; err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

func TestClassesWithoutImagesAreTold(t *testing.T) {
	for _, c := range []struct {
		train, test, limit int
		err                string
		warnings           []string
	}{
		{2, 3, 0, `class "c" has no training images; add some, or remove the class`, nil},
		{1, 3, 0, `classes "b", "c" have no training images; add some, or remove the class`, nil},
		{9, 2, 0, "", []string{`class "c" has no test images`}},
		{9, 3, 1, "", []string{`classes "b", "c" have no training images`}},
		{9, 3, 0, "", nil},
	} {
		s, err := Split(&dataset.Data{Train: fake{n: c.train}, Test: fake{n: c.test}, Classes: abc}, 0, Fold{}, c.limit)
		switch {
		case c.err != "":
			if err == nil || err.Error() != c.err {
				t.Errorf("%+v: %v", c, err)
			}
		case err != nil || !slices.Equal(s.Warnings, c.warnings):
			t.Errorf("%+v: %v, %q", c, err, s.Warnings)
		}
	}
}

func TestEmptyTestIsNone(t *testing.T) {
	for _, test := range []dataset.Examples{nil, fake{}} {
		s, err := Split(&dataset.Data{Train: fake{n: 3}, Test: test, Classes: abc}, 0, Fold{}, 0)
		if err != nil || s.Test != nil {
			t.Errorf("%v, %v", s, err)
		}
	}
}

func TestCounts(t *testing.T) {
	if got := Counts(fake{n: 5}, 4, nil); !slices.Equal(got, []int{2, 2, 1, 0}) {
		t.Errorf("got %v", got)
	}
}

// Runs are reproducible only while this order stays the same.
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
