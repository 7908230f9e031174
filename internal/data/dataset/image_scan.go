package dataset

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
)

// An imageFile is an image in a folder. A million of them take about 100 MB.
type imageFile struct {
	name  string // path below the folder, with slashes
	label int
	size  int64  // in bytes
	hash  uint64 // of name
}

// share maps the name to [0, 1), evenly.
func (f imageFile) share() float64 { return float64(f.hash>>11) / (1 << 53) }

// readableClasses lists the images in the class folders of dir as scanClasses does,
// without those that cannot be read, which it names.
func readableClasses(ctx context.Context, src Source, dir string) (classes []string, files []imageFile, skipped []string, err error) {
	classes, all, err := scanClasses(ctx, dir)
	if err != nil {
		return nil, nil, nil, err
	}
	files, skipped, err = checkImages(ctx, src, dir, all)
	if err != nil {
		return nil, nil, nil, err
	}
	return classes, files, skipped, checkClasses(dir, classes, files)
}

// scanClasses lists the images in the class folders of dir, in the order of their
// hashes. Classes are in alphabetical order.
func scanClasses(ctx context.Context, dir string) (classes []string, files []imageFile, err error) {
	entries, err := os.ReadDir(dir) // sorted
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		if isHidden(e) || !isFolder(dir, e.Name()) {
			continue
		}
		before := len(files)
		if files, err = scanClass(ctx, files, dir, e.Name(), len(classes)); err != nil {
			return nil, nil, err
		}
		if len(files) == before {
			return nil, nil, missingImages(filepath.Join(dir, e.Name()))
		}
		classes = append(classes, e.Name())
	}
	switch len(classes) {
	case 0:
		return nil, nil, missingImages(dir)
	case 1:
		return nil, nil, fmt.Errorf("%s: only one class, %q; there is nothing to tell apart", dir, classes[0])
	}
	slices.SortFunc(files, func(a, b imageFile) int {
		return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.name, b.name))
	})
	return classes, files, nil
}

// scanClass adds the images of one class, those in folders below included.
func scanClass(ctx context.Context, files []imageFile, dir, class string, label int) ([]imageFile, error) {
	root, err := filepath.EvalSymlinks(filepath.Join(dir, class)) // WalkDir does not follow a link
	if err != nil {
		return nil, err
	}
	err = filepath.WalkDir(root, func(file string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case e.IsDir() && file != root && isHidden(e):
			return fs.SkipDir
		case e.IsDir() || !isImage(e):
			return nil
		}
		info, err := os.Stat(file) // a link to an image is one
		if err != nil || !info.Mode().IsRegular() {
			return err
		}
		below, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		name := path.Join(class, filepath.ToSlash(below))
		files = append(files, imageFile{name, label, info.Size(), hashName(name)})
		return nil
	})
	return files, err
}

// hashName is the first 8 bytes of the SHA-256 of the name.
func hashName(name string) uint64 {
	sum := sha256.Sum256([]byte(name))
	return binary.BigEndian.Uint64(sum[:])
}
