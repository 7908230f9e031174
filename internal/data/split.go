// Package data splits a dataset into training, validation and test examples, and loads them
// in batches.
package data

import (
	"fmt"
	"math"

	"cnntrain/internal/data/dataset"
	"cnntrain/internal/random"
	"cnntrain/internal/words"
)

// Sets holds the examples of a run. Val and Test are nil if there are none.
type Sets struct {
	Train, Val, Test dataset.Examples
	Classes          []string
	Labels           [][]int  // the classes of each label, if images can have several; nil: each label is a class
	Shape            []int    // [H W C]
	Dir, Digest      string   // of the whole dataset
	Skipped          []string // images of the whole dataset that cannot be read
	Warnings         []string // warnings about how the images were interpreted
}

// LabelText returns the names of the classes of a label, separated by "|".
func (s *Sets) LabelText(label int) string {
	return dataset.LabelText(s.Classes, s.Labels, label)
}

// Pixels returns the number of values of one image.
func (s *Sets) Pixels() int {
	n := 1
	for _, d := range s.Shape {
		n *= d
	}
	return n
}

// Split divides the training examples of d as Keras does: the last fraction,
// validationSplit of them, becomes validation data; if d splits by class, the last fraction
// of each class. limit, if above 0, keeps only the first examples before that. It is an
// error if a split, or a class of the training split, would be empty.
func Split(d *dataset.Data, validationSplit float64, fold Fold, limit int) (*Sets, error) {
	n := d.Train.Len()
	if limit > 0 {
		n = min(n, limit)
	}
	s := &Sets{Classes: d.Classes, Labels: d.Labels, Shape: d.Shape, Dir: d.Dir, Digest: d.Digest, Skipped: d.Skipped, Warnings: d.Warnings}
	var err error
	switch {
	case n == 0:
		return nil, fmt.Errorf("the dataset has no training examples")
	case d.Val != nil && validationSplit > 0:
		return nil, fmt.Errorf("validation_split: %v beside images that are for validation already; leave it out, or them", validationSplit)
	case d.Val != nil && fold.Of > 0:
		return nil, fmt.Errorf("fold: %d/%d beside images that are for validation already; put them with those for training", fold.Number, fold.Of)
	case validationSplit > 0 && fold.Of > 0:
		return nil, fmt.Errorf("validation_split: %v beside fold: %d/%d; omit one of them", validationSplit, fold.Number, fold.Of)
	case fold.Of > 0:
		s.Train, s.Val, err = splitFold(d, n, fold)
	case validationSplit > 0 && d.ByClass:
		s.Train, s.Val = splitClasses(d, n, validationSplit)
	case validationSplit > 0:
		s.Train, s.Val, err = splitLast(d, n, validationSplit)
	default:
		s.Train, s.Val = part{d.Train, 0, n}, d.Val
	}
	if err != nil {
		return nil, err
	}
	if d.Test != nil && d.Test.Len() > 0 {
		s.Test = d.Test
	}
	return s, s.checkClasses(limit > 0 && limit < d.Train.Len())
}

// splitLast divides the first n training examples.
func splitLast(d *dataset.Data, n int, fraction float64) (train, val dataset.Examples, err error) {
	switch at := int(math.Floor(float64(n) * (1 - fraction))); {
	case at < 1:
		return nil, nil, fmt.Errorf("validation_split %v of %d examples leaves none to train on", fraction, n)
	case at == n:
		return nil, nil, fmt.Errorf("validation_split %v of %d examples is less than one", fraction, n)
	default:
		return part{d.Train, 0, at}, part{d.Train, at, n - at}, nil
	}
}

// stratum returns the class of training example i, 0 if it can have several.
func stratum(d *dataset.Data, i int) int {
	if d.Labels != nil {
		return 0
	}
	return d.Train.Label(i)
}

// splitClasses divides each class among the first n training examples.
func splitClasses(d *dataset.Data, n int, fraction float64) (train, val dataset.Examples) {
	left := map[int]int{} // examples still to be assigned to training
	for i := range n {
		left[stratum(d, i)]++
	}
	for c, n := range left {
		left[c] -= dataset.Take(n, fraction)
	}
	t, v := some{d.Train, nil}, some{d.Train, nil}
	for i := range n {
		if c := stratum(d, i); left[c] > 0 {
			left[c]--
			t.index = append(t.index, i)
		} else {
			v.index = append(v.index, i)
		}
	}
	if len(v.index) == 0 {
		return t, nil
	}
	return t, v
}

// checkClasses rejects classes without training examples, unless a limit explains that, and
// warns about classes without validation or test examples.
func (s *Sets) checkClasses(few bool) error {
	for _, split := range []struct {
		name string
		dataset.Examples
	}{{"training", s.Train}, {"validation", s.Val}, {"test", s.Test}} {
		if split.Examples == nil {
			continue
		}
		var without []string
		for c, n := range Counts(split.Examples, len(s.Classes), s.Labels) {
			if n == 0 {
				without = append(without, fmt.Sprintf("%q", s.Classes[c]))
			}
		}
		if len(without) == 0 || few && split.name != "training" {
			continue
		}
		classes := "class " + without[0] + " has"
		if len(without) > 1 {
			classes = "classes " + words.Few(without, mostNamed) + " have"
		}
		said := fmt.Sprintf("%s no %s images", classes, split.name)
		if split.name == "training" && !few {
			return fmt.Errorf("%s; add some, or remove the class", said)
		}
		s.Warnings = append(s.Warnings, said)
	}
	return nil
}

// mostNamed is the number of classes that a message names.
const mostNamed = 6

// part is a view of n examples starting at first.
type part struct {
	dataset.Examples
	first, n int
}

func (p part) Len() int { return p.n }

func (p part) Label(i int) int { return p.Examples.Label(p.first + i) }

func (p part) Image(dst []float32, i int) error { return p.Examples.Image(dst, p.first+i) }

// some is a view of the examples at the given positions.
type some struct {
	dataset.Examples
	index []int
}

func (s some) Len() int { return len(s.index) }

func (s some) Label(i int) int { return s.Examples.Label(s.index[i]) }

func (s some) Image(dst []float32, i int) error { return s.Examples.Image(dst, s.index[i]) }

// FileOf returns the file of example i; ok is false if the example is not a file.
func FileOf(ex dataset.Examples, i int) (f dataset.File, ok bool) {
	switch ex := ex.(type) {
	case part:
		return FileOf(ex.Examples, ex.first+i)
	case some:
		return FileOf(ex.Examples, ex.index[i])
	case relabeled:
		return FileOf(ex.Examples, i)
	case dataset.Files:
		return ex.File(i), true
	}
	return dataset.File{}, false
}

// Counts returns the number of examples of each class. labels are those of Sets.
func Counts(ex dataset.Examples, classes int, labels [][]int) []int {
	counts := make([]int, classes)
	for i := range ex.Len() {
		for _, c := range dataset.ClassesOf(labels, ex.Label(i)) {
			counts[c]++
		}
	}
	return counts
}

// orderKey separates the random numbers for shuffling from all others of the same seed.
const orderKey = 0x6f72646572 // "order"

// Order returns the shuffled order of n examples in an epoch. It depends only on seed and
// epoch.
func Order(n int, seed uint64, epoch int) []int {
	return random.New(seed, orderKey, uint64(epoch)).Perm(n)
}
