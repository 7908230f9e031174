// Package data splits a dataset into training, validation and test examples, and
// brings them to training in batches.
package data

import (
	"fmt"
	"math"

	"cnntrain/internal/data/dataset"
	"cnntrain/internal/random"
)

// Sets is the examples of a run. Val and Test are nil where there are none.
type Sets struct {
	Train, Val, Test dataset.Examples
	Classes          []string
	Shape            []int    // [H W C]
	Dir, Digest      string   // of the whole dataset
	Skipped          []string // images that cannot be read, of the whole dataset
}

// Pixels returns the number of values of one image.
func (s *Sets) Pixels() int {
	n := 1
	for _, d := range s.Shape {
		n *= d
	}
	return n
}

// Split divides the training examples of d as Keras does: the last part of them,
// validationSplit of the whole, is for validation. limit, if above 0, takes only
// the first examples before that. It is an error if a part would be empty.
func Split(d *dataset.Data, validationSplit float64, limit int) (*Sets, error) {
	n := d.Train.Len()
	if limit > 0 {
		n = min(n, limit)
	}
	at := int(math.Floor(float64(n) * (1 - validationSplit)))
	switch {
	case n == 0:
		return nil, fmt.Errorf("the dataset has no training examples")
	case at < 1:
		return nil, fmt.Errorf("validation_split %v of %d examples leaves none to train on", validationSplit, n)
	case at == n && validationSplit > 0:
		return nil, fmt.Errorf("validation_split %v of %d examples is less than one", validationSplit, n)
	}
	s := &Sets{Train: part{d.Train, 0, at}, Classes: d.Classes, Shape: d.Shape, Dir: d.Dir, Digest: d.Digest, Skipped: d.Skipped}
	if at < n {
		s.Val = part{d.Train, at, n - at}
	}
	if d.Test != nil && d.Test.Len() > 0 {
		s.Test = d.Test
	}
	return s, nil
}

// part is n examples from first on.
type part struct {
	dataset.Examples
	first, n int
}

func (p part) Len() int { return p.n }

func (p part) Label(i int) int { return p.Examples.Label(p.first + i) }

func (p part) Image(dst []float32, i int) error { return p.Examples.Image(dst, p.first+i) }

// Counts returns how many examples there are of each of the classes.
func Counts(ex dataset.Examples, classes int) []int {
	counts := make([]int, classes)
	for i := range ex.Len() {
		counts[ex.Label(i)]++
	}
	return counts
}

// orderKey sets the numbers for shuffling apart from all others of the same seed.
const orderKey = 0x6f72646572 // "order"

// Order returns the order of n examples in an epoch: another for each, and always
// the same for a seed.
func Order(n int, seed uint64, epoch int) []int {
	return random.New(seed, orderKey, uint64(epoch)).Perm(n)
}
