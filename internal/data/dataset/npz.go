package dataset

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"cnntrain/internal/catalog"
)

var _ = Datasets.Add(catalog.Entry[Dataset]{
	Name:    "npz",
	Keras:   "keras.datasets",
	Example: "npz: {path: ./data.npz}",
	Doc: `Images and labels in a NumPy .npz file with x_train, y_train, x_test and y_test.

The path alone is enough: ` + "`dataset: ./data.npz`" + `. The arrays are those of
keras.datasets: images [N,H,W] or [N,H,W,C] with values from 0 to 255 of any numeric type,
labels [N] or [N,1], integers from 0, which are also the class names. x_test and y_test
are optional, and so are x_val and y_val. ` + "`validation_split`" + ` takes the last
part, as in Keras, so the images should not be in the order of their classes.

Files of np.savez are read on demand; those of np.savez_compressed are decompressed into
memory. Pickled object arrays are never read.`,
	New: func(o *catalog.Options) Dataset {
		d := &npz{}
		o.Bind(&d.path, "path", "the file; relative to the folder that cnntrain is run in").Required()
		return d
	},
})

type npz struct{ path string }

func (*npz) Shape() []int { return nil }

func (*npz) Classes() []string { return nil }

// Load checks every value. The digest covers the content of the arrays.
func (d *npz) Load(ctx context.Context, src Source) (*Data, error) {
	name := ExpandHome(d.path)
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; it should be a file of NumPy's with x_train and y_train", d.path, bare(err))
	}
	data, err := readNPZ(ctx, file, src.Input)
	if err == nil {
		data.Dir, err = filepath.Abs(filepath.Dir(name))
	}
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("%s: %w", d.path, err)
	}
	return data, nil // read until the program ends
}

// A sized is a file with random access.
type sized interface {
	io.ReaderAt
	Stat() (os.FileInfo, error)
}

// steady is a file whose reads fail once it has another size or time than when it was opened: it
// is checked once, and read until the run ends.
type steady struct {
	sized
	info os.FileInfo
}

func (s steady) ReadAt(b []byte, at int64) (int, error) {
	n, err := s.sized.ReadAt(b, at)
	// After the read: what is written from now on is not in b.
	if now, why := s.Stat(); why != nil {
		return 0, why
	} else if now.Size() != s.info.Size() || !now.ModTime().Equal(s.info.ModTime()) {
		return 0, errors.New("the file has changed since it was checked; do not change it during a run")
	}
	return n, err
}

// readNPZ reads the arrays of a file. The shape of the images must be input, unless input
// is nil.
func readNPZ(ctx context.Context, file sized, input []int) (*Data, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("not a file")
	}
	file = steady{file, info}
	in, err := zip.NewReader(file, info.Size())
	if err != nil {
		return nil, fmt.Errorf("not a .npz file: %w", bare(err))
	}
	z := &npzReader{ctx: ctx, file: file, sum: sha256.New(), left: maxUnpacked, members: in.File}
	d := &Data{Shape: input}
	var sets [splits]*arrayExamples
	classes := 0
	for p := range splits {
		if sets[p], err = z.examples(p, d.Shape); err != nil {
			return nil, err
		}
		if sets[p] != nil {
			d.Shape = sets[p].shape
			classes = max(classes, slices.Max(sets[p].labels)+1)
		}
	}
	if d.Classes, err = numbered(classes, sets[forTraining].labels); err != nil {
		return nil, err
	}
	for p, to := range map[split]*Examples{forTraining: &d.Train, forValidation: &d.Val, forTesting: &d.Test} {
		if sets[p] != nil {
			*to = sets[p]
		}
	}
	d.Digest = hex.EncodeToString(z.sum.Sum(nil))
	return d, nil
}

// numbered names classes by their numbers, all of which must occur as labels.
func numbered(classes int, labels []int) ([]string, error) {
	seen := make([]bool, classes)
	for _, l := range labels {
		seen[l] = true
	}
	names := make([]string, classes)
	for i := range names {
		names[i] = strconv.Itoa(i)
		if !seen[i] {
			return nil, fmt.Errorf("y_train has no label %d, and %d is the highest; labels count from 0 without a gap", i, classes-1)
		}
	}
	if classes < 2 {
		return nil, fmt.Errorf("y_train has only one class; there is nothing to tell apart")
	}
	return names, nil
}
