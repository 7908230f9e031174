package dataset

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"cnntrain/internal/data/picture"
)

// EachImage calls do with path if it is a file; if it is a folder, with the images in it and in
// folders below, in alphabetical order, as they are found. An error of do ends it.
func EachImage(ctx context.Context, path string, do func(file string) error) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("%s: %w", path, bare(err))
	}
	if !info.IsDir() {
		return do(path)
	}
	found := false
	err = eachImage(ctx, path, []fs.FileInfo{info}, func(file string) error {
		found = true
		return do(file)
	})
	if err == nil && !found {
		err = fmt.Errorf("%s: %w", path, errNoImages)
	}
	return err
}

// eachImage calls do with the images in a folder, and follows links as [listing.walk] does. above holds the folders on
// the path, including itself.
func eachImage(ctx context.Context, folder string, above []fs.FileInfo, do func(file string) error) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		file := filepath.Join(folder, e.Name())
		var info fs.FileInfo // of a folder, or what a link leads to
		if link := e.Type()&fs.ModeSymlink != 0; link || e.IsDir() {
			info, _ = os.Stat(file)
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case info != nil && info.IsDir():
			if passedOver(e.Name()) || slices.ContainsFunc(above, func(a fs.FileInfo) bool { return os.SameFile(a, info) }) {
				continue
			}
			err = eachImage(ctx, file, append(slices.Clip(above), info), do)
		case !e.IsDir() && isImage(file, e):
			err = do(file)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// A preparation is how the images of a dataset of files become pixels.
type preparation struct {
	picture.Decoder
	crop bool
}

// A resizer is a dataset of files that are resized to the requested shape.
type resizer interface{ preparation() preparation }

// PreparedAlike reports whether image files become the same pixels for both datasets.
func PreparedAlike(a, b Dataset) bool { return preparationOf(a) == preparationOf(b) }

// preparationOf returns that of set, or the default for datasets that are not image files.
func preparationOf(set Dataset) preparation {
	if r, ok := set.(resizer); ok {
		return r.preparation()
	}
	return preparation{}
}

// Resizes reports whether set resizes its images to the shape of a spec's input.
func Resizes(set Dataset) bool {
	_, ok := set.(resizer)
	return ok
}

// ReadImage decodes an image file of any size into dst, resized to shape [H,W,C] in the
// same way as the images of set. The error names the file.
func ReadImage(set Dataset, dst []float32, shape []int, path string) error {
	content, err := picture.Read(path)
	if err != nil {
		return err
	}
	return DecodeImage(set, dst, shape, path, content)
}

// DecodeImage is ReadImage for an image in memory that is called name.
func DecodeImage(set Dataset, dst []float32, shape []int, name string, content []byte) error {
	if c := shape[2]; c != 1 && c != 3 {
		return fmt.Errorf("%s: images have 3 channels, or 1 as grey ones, not %d", name, c)
	}
	if err := preparationOf(set).decode(dst, shape, content); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// decode fills dst with the pixels of an image file, resized to shape.
func (p preparation) decode(dst []float32, shape []int, content []byte) error {
	img, err := p.Decode(content)
	if err != nil {
		return err
	}
	defer img.Close()
	img.Resize(dst, shape, p.crop)
	return nil
}
