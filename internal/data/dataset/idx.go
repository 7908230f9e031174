package dataset

import (
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// An idxSet is a dataset in the four files of MNIST: greyscale images and labels, for
// training and for testing.
type idxSet struct {
	name    string // name of the folder of the files
	classes []string
	files   [4]remote // images and labels for training, then those for testing
	sizes   [2]int    // examples for training and for testing
}

const idxSide = 28 // height and width of the images

func (*idxSet) Shape() []int { return []int{idxSide, idxSide, 1} }

func (s *idxSet) Classes() []string { return s.classes }

// Load reads all images into memory and checks every label. The digest covers the unpacked
// files without their headers, in the order of s.files.
func (s *idxSet) Load(ctx context.Context, src Source) (*Data, error) {
	dir := filepath.Join(src.Dir, s.name)
	if filepath.Base(src.Dir) == s.name {
		dir = src.Dir
	}
	var content [4][]byte
	for i, r := range s.files {
		path, err := src.file(ctx, r, dir)
		if err != nil {
			return nil, err
		}
		dims := []int{s.sizes[i/2], idxSide, idxSide}
		if i%2 == 1 {
			dims = dims[:1]
		}
		if content[i], err = readIDX(path, dims); err != nil {
			return nil, fmt.Errorf("%s: %w; remove it and run the command again to download it", path, err)
		}
		if i%2 == 1 {
			if err := s.checkLabels(content[i]); err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
		}
	}
	return &Data{
		Train:   idxExamples{content[0], content[1]},
		Test:    idxExamples{content[2], content[3]},
		Classes: s.classes, Shape: s.Shape(), Digest: digest(content[:]...),
	}, nil
}

func (s *idxSet) checkLabels(labels []byte) error {
	for i, l := range labels {
		if int(l) >= len(s.classes) {
			return fmt.Errorf("label %d of example %d is not from 0 to %d", l, i, len(s.classes)-1)
		}
	}
	return nil
}

// file returns the path of a gzipped file in dir, or of its unpacked form if that exists;
// if neither does, it is downloaded.
func (src Source) file(ctx context.Context, r remote, dir string) (string, error) {
	packed := filepath.Join(dir, filepath.Base(r.url))
	for _, path := range []string{strings.TrimSuffix(packed, ".gz"), packed} {
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			return path, nil
		}
	}
	if src.Offline {
		return "", fmt.Errorf("%s is missing; run cnntrain data fetch %s, or choose the folder it is in with --data-dir", packed, filepath.Base(dir))
	}
	return packed, newFetcher(src).fetch(ctx, r, packed)
}

// readIDX reads a file of bytes with the given dimensions; a name ending in .gz is gzipped.
func readIDX(path string, dims []int) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, bare(err)
	}
	defer file.Close()
	if !strings.HasSuffix(path, ".gz") {
		return decodeIDX(file, dims)
	}
	zip, err := gzip.NewReader(file)
	if err != nil {
		return nil, fmt.Errorf("no gzip file: %w", err)
	}
	return decodeIDX(zip, dims)
}

// decodeIDX reads an IDX file (http://yann.lecun.com/exdb/mnist): two zeros, 8 for bytes,
// the number of dimensions, the dimensions, then the data.
func decodeIDX(r io.Reader, dims []int) ([]byte, error) {
	header := make([]byte, 4+4*len(dims))
	if n, err := io.ReadFull(r, header); err != nil {
		return nil, fmt.Errorf("cannot be read at byte %d of the header: %w", n, err)
	}
	if want := []byte{0, 0, 8, byte(len(dims))}; string(header[:4]) != string(want) {
		return nil, fmt.Errorf("starts with % x, an IDX file of bytes with %d sizes with % x", header[:4], len(dims), want)
	}
	size := 1
	for i, want := range dims {
		if got := binary.BigEndian.Uint32(header[4+4*i:]); got != uint32(want) {
			return nil, fmt.Errorf("size %d is %d, should be %d", i, got, want)
		}
		size *= want
	}
	content := make([]byte, size)
	if n, err := io.ReadFull(r, content); err != nil {
		return nil, fmt.Errorf("cannot be read at byte %d: %w", len(header)+n, err)
	}
	switch n, err := io.ReadFull(r, header[:1]); { // reading to the end verifies gzip's checksum
	case n > 0:
		return nil, fmt.Errorf("has data after byte %d, where it should end", len(header)+size)
	case !errors.Is(err, io.EOF):
		return nil, fmt.Errorf("is damaged: %w", err)
	}
	return content, nil
}

// idxExamples is images with one byte per pixel, and their labels.
type idxExamples struct{ images, labels []byte }

func (e idxExamples) Len() int { return len(e.labels) }

func (e idxExamples) Label(i int) int { return int(e.labels[i]) }

func (e idxExamples) Image(dst []float32, i int) error {
	for p, v := range e.images[i*idxSide*idxSide:][:idxSide*idxSide] {
		dst[p] = float32(v)
	}
	return nil
}
