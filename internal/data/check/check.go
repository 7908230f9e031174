// Package check finds problems of a dataset that do not prevent training: copies in several
// splits, which make test results too good, contradictory labels, and outliers among the images.
package check

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"os"
	"runtime"
	"sync"
	"sync/atomic"

	"cnntrain/internal/data"
	"cnntrain/internal/data/dataset"
	"cnntrain/internal/data/picture"
)

// An Image identifies an image of a dataset.
type Image struct {
	File  string `json:"file"` // its position in the split, from 0, if it is no file
	Split string `json:"split"`
	Class string `json:"class"`

	class  int
	digest string
	looks
}

// A Report is what was found.
type Report struct {
	Images   int            `json:"images"`
	Formats  map[string]int `json:"formats,omitempty"` // number of image files of each
	Smallest *Sized         `json:"smallest,omitempty"`
	Median   [2]int         `json:"median_size,omitempty"` // width and height
	Largest  *Sized         `json:"largest,omitempty"`

	Damaged  []string `json:"damaged"`  // "FILE: why"; they are left out
	Warnings []string `json:"warnings"` // of how the files were understood
	Tiny     []Class  `json:"tiny_classes"`
	Small    []Sized  `json:"small_images"` // with few pixels
	Grey     []Image  `json:"grey_images"`  // in a set of colour images
	Only     []string `json:"format_is_class"`

	Leaks    []Copies `json:"copies_between_splits"`
	Labels   []Copies `json:"copies_between_classes"`
	Repeated []Copies `json:"copies"` // within a class and a split
}

// A Class is a class with few images.
type Class struct {
	Name  string `json:"name"`
	Train int    `json:"train"`
}

// A Sized is an image with its size.
type Sized struct {
	Image
	Width  int `json:"width"`
	Height int `json:"height"`
}

// Contradictions returns the number of images of which copies have another class.
func (r *Report) Contradictions() int { return len(r.Labels) }

// Leaked returns the number of images of other splits that are copies of images for training or,
// of the test split, for validation.
func (r *Report) Leaked() (n int) {
	for _, c := range r.Leaks {
		n += len(c.Images) - c.first()
	}
	return n
}

// Few is the number of training images below which a class is tiny, and smallSide the side in
// pixels below which an image is small.
const Few, smallSide = 20, 24

// Dataset checks every image of d; seen has properties of images that were decoded while d was
// loaded. checked, if not nil, is called concurrently with the number of images checked so far.
func Dataset(ctx context.Context, d *dataset.Data, seen *Seen, checked func(done, total int)) (*Report, error) {
	r := &Report{Formats: map[string]int{}, Damaged: emptyIfNil(d.Skipped), Warnings: emptyIfNil(d.Warnings)}
	var all []Image
	type source struct {
		dataset.Examples
		at int
	}
	var from []source
	for _, split := range []struct {
		name string
		dataset.Examples
	}{{"train", d.Train}, {"val", d.Val}, {"test", d.Test}} {
		if split.Examples == nil {
			continue
		}
		for i := range split.Len() {
			all = append(all, Image{Split: split.name, class: split.Label(i), Class: dataset.LabelText(d.Classes, d.Labels, split.Label(i))})
			from = append(from, source{split.Examples, i})
		}
	}
	faults := make([]error, len(all))
	var done atomic.Int64
	var next atomic.Int64
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(all) && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				faults[i] = all[i].look(from[i].Examples, from[i].at, d.Shape, seen)
				if n := done.Add(1); checked != nil {
					checked(int(n), len(all))
				}
			}
		})
	}
	workers.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for _, err := range faults {
		if err != nil {
			return nil, err
		}
	}
	r.Images = len(all)
	r.describe(all)
	r.classes(all, d)
	r.addCopies(all)
	return r, nil
}

func emptyIfNil(s []string) []string { return append([]string{}, s...) }

// look fills in the properties of example i.
func (m *Image) look(ex dataset.Examples, i int, shape []int, seen *Seen) error {
	if f, ok := data.FileOf(ex, i); ok {
		m.File, m.digest = f.Name, f.Digest
		if l, ok := seen.find(f.Digest); ok {
			m.looks = l
			return nil
		}
		content, err := os.ReadFile(f.Path)
		if err != nil {
			return err
		}
		p, err := picture.Decode(content)
		if err != nil {
			return fmt.Errorf("%s: %w", f.Path, err)
		}
		defer p.Close()
		m.looks = looksOf(content, p)
		return nil
	}
	pixels := make([]float32, shape[0]*shape[1]*shape[2])
	if err := ex.Image(pixels, i); err != nil {
		return err
	}
	sum := sha256.New()
	for _, v := range pixels {
		bits := math.Float32bits(v)
		_, _ = sum.Write([]byte{byte(bits), byte(bits >> 8), byte(bits >> 16), byte(bits >> 24)}) // which cannot fail
	}
	p := picture.FromPixels(pixels, shape)
	m.File, m.digest, m.looks = fmt.Sprint(i), hex.EncodeToString(sum.Sum(nil)), looks{p.Size(), "", p.Print()}
	return nil
}
