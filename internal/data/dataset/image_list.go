package dataset

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"cnntrain/internal/data/picture"
)

// ListImages returns path itself for a file; for a folder, the images in it and in its
// subfolders, in alphabetical order.
func ListImages(ctx context.Context, path string) (files []string, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, bare(err))
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	err = filepath.WalkDir(path, func(file string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case e.IsDir() && file != path && passedOver(e.Name()):
			return fs.SkipDir
		case !e.IsDir() && isImage(file, e):
			files = append(files, file)
		}
		return nil
	})
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("%s: %w", path, errNoImages)
	}
	return files, err
}

// A resizer is a dataset of files that are resized to the requested shape.
type resizer interface{ crops() bool }

// Resizes reports whether set resizes its images to the shape of a spec's input.
func Resizes(set Dataset) bool {
	_, ok := set.(resizer)
	return ok
}

// ReadImage decodes an image file of any size into dst, resized to shape [H,W,C] in the
// same way as the images of set. The error names the file.
func ReadImage(set Dataset, dst []float32, shape []int, path string) error {
	if c := shape[2]; c != 1 && c != 3 {
		return fmt.Errorf("%s: images have 3 channels, or 1 as grey ones, not %d", path, c)
	}
	p, err := picture.Open(path)
	if err != nil {
		return err
	}
	defer p.Close()
	f, ok := set.(resizer)
	p.Resize(dst, shape, ok && f.crops())
	return nil
}
