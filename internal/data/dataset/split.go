package dataset

import (
	"regexp"
	"strings"
)

// A split is what an image is for.
type split uint8

const (
	forTraining split = iota
	forValidation
	forTesting
	splits
)

func (p split) String() string { return [...]string{"train", "val", "test"}[p] }

// splitNames is what people call the splits, in any case of letters.
var splitNames = map[string]split{
	"train": forTraining, "training": forTraining,
	"val": forValidation, "valid": forValidation, "validation": forValidation, "dev": forValidation,
	"test": forTesting, "testing": forTesting,
}

// splitOf returns the split that a name stands for, if it does.
func splitOf(name string) (split, bool) {
	p, ok := splitNames[strings.ToLower(strings.TrimSpace(name))]
	return p, ok
}

// aroundSplit is what else is written beside a split's name: train2017, test_images, Images-Val.
var aroundSplit = regexp.MustCompile(`^((images?|imgs?|data|dataset|set)[-_. ]+)?([a-z]+?)([-_. ]*(images?|imgs?|data|set|split|[0-9]+))*$`)

// likeSplit returns the split that a name seems to mean, though it is not called so.
func likeSplit(name string) (split, bool) {
	if m := aroundSplit.FindStringSubmatch(strings.ToLower(strings.TrimSpace(name))); m != nil {
		return splitOf(m[3])
	}
	return 0, false
}

// Take returns how many of n examples a fraction of them is, to the nearest: none where
// fraction is 0, else at least one as long as one is left over, and never all.
func Take(n int, fraction float64) int {
	if fraction == 0 || n < 2 {
		return 0
	}
	return min(max(1, int(float64(n)*fraction+0.5)), n-1)
}

// takeForTesting makes a fraction of each class's images be for testing: the first, in the
// order that files have, which is that of their hashes. So an image stays on its side when
// others are added, but for those at the border.
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
