package dataset

import (
	"os"
	"path/filepath"
)

// A filed is a dataset that reads files at a path given in the spec.
type filed interface {
	at() string
	moved(path string) Dataset
}

func (f *imageFolder) at() string { return ExpandHome(f.path) }
func (f *imageFolder) moved(path string) Dataset {
	again := *f
	again.path = path
	return &again
}

func (f *imageCSV) moved(path string) Dataset {
	again := *f
	again.path = path
	return &again
}

func (d *npz) at() string                { return ExpandHome(d.path) }
func (d *npz) moved(path string) Dataset { return &npz{path} }

// Again returns set as it was when its [Data] had Dir, which is absolute: a path in a spec is
// relative to the folder that the program is called in, and that may be another one now. If
// Dir no longer contains it, set is returned unchanged.
func Again(set Dataset, dir string) Dataset {
	f, ok := set.(filed)
	if !ok || dir == "" {
		return set
	}
	before := dir
	if _, isFolder := set.(*imageFolder); !isFolder {
		before = filepath.Join(dir, filepath.Base(f.at()))
	}
	then, err := os.Stat(before)
	if err != nil {
		return set
	}
	if now, err := os.Stat(f.at()); err == nil && os.SameFile(now, then) {
		return set // and messages have the path as it was written
	}
	return f.moved(before)
}

// NeedsDir reports whether set is found in, or downloaded to, the folder of datasets.
func NeedsDir(set Dataset) bool {
	_, made := set.(*shapes)
	return !made && !IsFiles(set)
}

// IsFiles reports whether set is files that the user has named, not a dataset that is
// found in the folder of datasets, or made.
func IsFiles(set Dataset) bool {
	_, ok := set.(filed)
	return ok
}

// Like returns set with its images split and brought to a shape as those of other are, if both
// are image files, for a model that was trained on other and knows the given classes: one of
// them is enough, in any split. With whole, images that are in no split yet stay together, as
// [Data.Train].
func Like(set, other Dataset, known []string, whole bool) Dataset {
	var f *imageFolder
	switch s := set.(type) {
	case *imageFolder:
		again := *s
		f, set = &again, &again
	case *imageCSV:
		again := *s
		f, set = &again.imageFolder, &again
	default:
		return set
	}
	switch o := other.(type) {
	case *imageFolder:
		f.crop, f.dct, f.testSplit = o.crop, o.dct, o.testSplit
	case *imageCSV:
		f.crop, f.dct, f.testSplit = o.crop, o.dct, o.testSplit
	}
	if f.known = known; whole {
		f.testSplit = 0
	}
	return set
}
