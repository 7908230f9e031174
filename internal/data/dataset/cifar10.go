package dataset

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"cnntrain/internal/catalog"
)

var _ = Datasets.Add(catalog.Entry[Dataset]{
	Name:    "cifar10",
	Keras:   "keras.datasets.cifar10",
	Example: "cifar10",
	Doc: `CIFAR-10: 60,000 colour photos of 32x32 pixels in ten classes, 10,000 of them for testing.

Read from cifar-10-batches-bin in the data folder, the binary version of
https://www.cs.toronto.edu/~kriz/cifar.html; downloaded from there (170 MB) if
missing. Source: Alex Krizhevsky, Learning Multiple Layers of Features from
Tiny Images, 2009.`,
	New: func(*catalog.Options) Dataset { return &cifar10{perFile: 10_000, archive: cifar10Archive} },
})

// The publisher gives MD5 c32a1d4ab5d03f1284b67883e8d87530. Size and SHA-256 are
// those of TensorFlow Datasets (url_checksums/cifar10.txt).
var cifar10Archive = remote{
	url:    "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
	size:   170_052_171,
	sha256: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
}

type cifar10 struct {
	perFile int // records per file
	archive remote
}

const (
	cifar10Folder = "cifar-10-batches-bin"
	cifar10Meta   = "batches.meta.txt"
	cifarPlane    = 32 * 32          // values of one colour plane
	cifar10Record = 1 + 3*cifarPlane // label, then the red, green and blue planes
)

var (
	cifar10Names = []string{"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"}
	cifar10Train = []string{"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"}
	cifar10Test  = []string{"test_batch.bin"}
)

func (*cifar10) Shape() []int { return []int{32, 32, 3} }

func (*cifar10) Classes() []string { return cifar10Names }

// Load reads all images into memory, 184 MB, and checks every label. The digest covers the
// files, the training batches first.
func (c *cifar10) Load(ctx context.Context, src Source) (*Data, error) {
	dir, err := c.find(ctx, src)
	if err != nil {
		return nil, err
	}
	names, err := readNames(filepath.Join(dir, cifar10Meta))
	if err != nil {
		return nil, err
	}
	train, err := c.read(ctx, dir, cifar10Train)
	if err != nil {
		return nil, err
	}
	test, err := c.read(ctx, dir, cifar10Test)
	if err != nil {
		return nil, err
	}
	return &Data{Train: train, Test: test, Classes: names, Shape: c.Shape(), Dir: dir, Digest: digest(train, test)}, nil
}

// find returns the absolute path of the folder with the files: the data folder itself or
// its subfolder, unpacked from an archive beside it or downloaded if necessary.
func (c *cifar10) find(ctx context.Context, src Source) (string, error) {
	top, err := filepath.Abs(src.Dir)
	if err != nil {
		return "", err
	}
	folder := filepath.Join(top, cifar10Folder)
	for _, dir := range []string{top, folder} {
		if _, err := os.Stat(filepath.Join(dir, cifar10Train[0])); err == nil {
			return dir, nil
		}
	}
	if _, err := os.Stat(folder); !errors.Is(err, fs.ErrNotExist) {
		// The folder is incomplete: read will name the missing file.
		return folder, nil
	}
	return folder, src.unpack(ctx, "cifar10", c.archive, folder)
}

// read reads files into one slice and checks them.
func (c *cifar10) read(ctx context.Context, dir string, files []string) (cifar10Examples, error) {
	size := c.perFile * cifar10Record
	all := make(cifar10Examples, len(files)*size)
	for i, name := range files {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		path, part := filepath.Join(dir, name), all[i*size:][:size]
		err := readExactly(path, part)
		if err == nil {
			err = part.check()
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w; %s", path, err, repair(dir))
		}
	}
	return all, nil
}

// repair says how to get good files into dir. It proposes to delete only a folder of the
// name that a download creates; any other may contain more than CIFAR-10.
func repair(dir string) string {
	if filepath.Base(dir) == cifar10Folder {
		return "remove " + dir + " and run the command again to download it"
	}
	return "replace it by the file in " + cifar10Archive.url
}

// cifar10Examples is records in the format of the files.
type cifar10Examples []byte

// check verifies that e is complete records with labels from 0 to 9.
func (e cifar10Examples) check() error {
	if rest := len(e) % cifar10Record; rest != 0 {
		return fmt.Errorf("ends at byte %d in the middle of a record of %d bytes", len(e), cifar10Record)
	}
	for i := range e.Len() {
		if label := e.Label(i); label >= len(cifar10Names) {
			return fmt.Errorf("damaged at byte %d: label %d of record %d is not from 0 to %d", i*cifar10Record, label, i, len(cifar10Names)-1)
		}
	}
	return nil
}

func (e cifar10Examples) Len() int { return len(e) / cifar10Record }

func (e cifar10Examples) Label(i int) int { return int(e[i*cifar10Record]) }

func (e cifar10Examples) Image(dst []float32, i int) error {
	planesToPixels(dst, e[i*cifar10Record+1:])
	return nil
}

// planesToPixels converts an image of CIFAR from [C,H,W] to [H,W,C].
func planesToPixels(dst []float32, planes []byte) {
	red, green, blue := planes[:cifarPlane], planes[cifarPlane:][:cifarPlane], planes[2*cifarPlane:][:cifarPlane]
	dst = dst[:3*cifarPlane]
	for p, r := range red {
		rgb := (*[3]float32)(dst[3*p:])
		rgb[0], rgb[1], rgb[2] = floats[r], floats[green[p]], floats[blue[p]]
	}
}

// floats is a lookup table of bytes as floats, which is faster than conversion.
var floats = func() (table [256]float32) {
	for i := range table {
		table[i] = float32(i)
	}
	return table
}()

// readNames reads the names of the classes, one per line; without the file it returns the
// known ones.
func readNames(path string) ([]string, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return cifar10Names, nil
	}
	if err != nil {
		return nil, err
	}
	text := make([]byte, min(info.Size(), 4096))
	if err := readExactly(path, text); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if names := strings.Fields(string(text)); len(names) == len(cifar10Names) {
		return names, nil
	}
	return nil, fmt.Errorf("%s: must hold %d names, a line each; without the file, CIFAR-10's own are used", path, len(cifar10Names))
}
