package dataset

import (
	"context"
	"slices"
)

// Classes describes the classes of a dataset and how they are given.
type Classes struct {
	Names   []string
	Several bool // an image can have several labels
	Val     bool // some images are for validation already
}

// lister is a dataset of files that can be listed without decoding them.
type lister interface {
	list(ctx context.Context) (*listing, error)
}

// FindClasses returns the classes that [Dataset.Load] would return. It decodes no images, so a
// class of which none can be read is not noticed.
func FindClasses(ctx context.Context, set Dataset, src Source) (*Classes, error) {
	if names := set.Classes(); names != nil {
		return &Classes{Names: names}, nil
	}
	files, ok := set.(lister)
	if !ok {
		d, err := set.Load(ctx, src)
		if err != nil {
			return nil, err
		}
		return &Classes{d.Classes, d.Labels != nil, d.Val != nil}, nil
	}
	l, err := files.list(ctx)
	if err != nil {
		return nil, err
	}
	if len(l.problems) > 0 {
		return nil, l.err()
	}
	val := l.given && slices.ContainsFunc(l.files, func(f imageFile) bool { return f.split == forValidation })
	return &Classes{l.classes, l.labels != nil, val}, nil
}
