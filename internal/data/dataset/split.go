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
	return min(max(1, int(float64(float64(n)*fraction)+0.5)), n-1)
}

// takeForTesting assigns a fraction of the images of each stratum to the test split: the
// first ones in the order of the files, which is that of their hashes. So adding images
// moves only images at the border between splits. stratum returns that of a label: the
// class.
func takeForTesting(files []imageFile, stratum func(label int) int, fraction float64) {
	left := map[int]int{}
	for _, f := range files {
		left[stratum(f.label)]++
	}
	for s, n := range left {
		left[s] = Take(n, fraction)
	}
	for i := range files {
		if f := &files[i]; left[stratum(f.label)] > 0 {
			left[stratum(f.label)]--
			f.split = forTesting
		}
	}
}
