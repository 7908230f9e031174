package dataset

import (
	"regexp"
	"strings"
)

// A split is the use of an image: training, validation or test.
type split uint8

const (
	forTraining split = iota
	forValidation
	forTesting
	splits
)

func (p split) String() string { return [...]string{"train", "val", "test"}[p] }

// splitNames lists the accepted names of the splits, in any case.
var splitNames = map[string]split{
	"train": forTraining, "training": forTraining,
	"val": forValidation, "valid": forValidation, "validation": forValidation, "dev": forValidation,
	"test": forTesting, "testing": forTesting,
}

// splitOf returns the split that a name stands for; ok is false if there is none.
func splitOf(name string) (split, bool) {
	p, ok := splitNames[strings.ToLower(strings.TrimSpace(name))]
	return p, ok
}

// aroundSplit matches affixes of a split's name: train2017, test_images, Images-Val.
var aroundSplit = regexp.MustCompile(`^((images?|imgs?|data|dataset|set)[-_. ]+)?([a-z]+?)([-_. ]*(images?|imgs?|data|set|split|[0-9]+))*$`)

// likeSplit returns the split that a name probably means, though it is not an accepted
// name.
func likeSplit(name string) (split, bool) {
	if m := aroundSplit.FindStringSubmatch(strings.ToLower(strings.TrimSpace(name))); m != nil {
		return splitOf(m[3])
	}
	return 0, false
}

// Take returns the given fraction of n examples, rounded to the nearest number: 0 if
// fraction is 0, otherwise at least one if another remains, and never all.
func Take(n int, fraction float64) int {
	if fraction == 0 || n < 2 {
		return 0
	}
	return min(max(1, int(float64(n)*fraction+0.5)), n-1)
}

// takeForTesting assigns a fraction of each class's images to the test split: the first
// ones in the order of the files, which is that of their hashes. So adding images moves
// only images at the border between splits.
func takeForTesting(files []imageFile, classes int, fraction float64) {
	left := make([]int, classes)
	for _, f := range files {
		left[f.label]++
	}
	for c, n := range left {
		left[c] = Take(n, fraction)
	}
	for i := range files {
		if f := &files[i]; left[f.label] > 0 {
			left[f.label]--
			f.split = forTesting
		}
	}
}
