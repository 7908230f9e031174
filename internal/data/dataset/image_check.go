package dataset

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync/atomic"
)

// checkImages decodes all of the files, to take out those that cannot be read, and
// says of each of these why. That is about the time that an epoch takes to read its
// images, and nothing has to be skipped in the middle of training.
func checkImages(ctx context.Context, src Source, top string, files []imageFile) (readable []imageFile, skipped []string, err error) {
	faults := make([]error, len(files))
	var done atomic.Int64
	err = parallel(ctx, len(files), 1, func(from, _ int) {
		_, faults[from] = readImage(filepath.Join(top, filepath.FromSlash(files[from].name)))
		if n := done.Add(1); src.Checked != nil {
			src.Checked(int(n), len(files))
		}
	})
	if err != nil {
		return nil, nil, err
	}
	for i, file := range files {
		if faults[i] == nil {
			readable = append(readable, file)
		} else {
			skipped = append(skipped, faults[i].Error())
		}
	}
	slices.Sort(skipped)
	return readable, skipped, nil
}

// checkClasses makes sure that each class has images left.
func checkClasses(top string, classes []string, files []imageFile) error {
	found := make([]bool, len(classes))
	for _, f := range files {
		found[f.label] = true
	}
	if c := slices.Index(found, false); c >= 0 {
		return fmt.Errorf("%s: none of its images can be read; mend or remove the folder", filepath.Join(top, classes[c]))
	}
	return nil
}
