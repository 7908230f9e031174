package dataset

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"cnntrain/internal/data/picture"

	"golang.org/x/text/unicode/norm"
)

// load turns a listing into a dataset: it drops unreadable images and assigns splits to
// images without one. Its error contains all problems. The images of each split are ordered
// by a hash of their names.
func (l *listing) load(ctx context.Context, src Source, f *imageFolder) (*Data, error) {
	c := src.Input
	if c != nil && (len(c) != 3 || c[2] != 1 && c[2] != 3) {
		return nil, fmt.Errorf("%s: images have 3 channels, or 1 as grey ones; the input %v asks for something else", l.top, c)
	}
	dir, err := filepath.Abs(l.top)
	if err != nil {
		return nil, err
	}
	if l.collection, err = filepath.Abs(ExpandHome(f.path)); err != nil {
		return nil, err
	}
	l.sort()
	images := newImageReader(src.Images, src.Input, f.preparation())
	images.seen = src.Seen
	if err := l.check(ctx, src, images); err != nil {
		return nil, err
	}
	if !l.given {
		takeForTesting(l.files, l.stratum, f.testSplit)
	}
	if len(l.problems) > 0 {
		return nil, l.err()
	}
	if said := images.cache.Short(); said != "" {
		l.warn("%s", said)
	}
	var n [splits]int
	for _, file := range l.files {
		n[file.split]++
	}
	var files [splits][]imageFile
	for s := range files {
		files[s] = make([]imageFile, 0, n[s])
	}
	for _, file := range l.files {
		files[file.split] = append(files[file.split], file)
	}
	d := &Data{Classes: l.classes, Labels: l.labels, Shape: src.Input, Dir: dir, Digest: l.digest(files), Skipped: l.skipped, Warnings: l.warnings, ByClass: true}
	if d.Shape == nil {
		size, err := picture.SizeOf(fileAt(l.top, files[forTraining][0].name))
		if err != nil {
			return nil, err
		}
		d.Shape = []int{size.Y, size.X, 3}
		images.shape = d.Shape
	}
	for p, to := range map[split]*Examples{forTraining: &d.Train, forValidation: &d.Val, forTesting: &d.Test} {
		if len(files[p]) > 0 {
			*to = &folderExamples{images, l.top, files[p]}
		}
	}
	return d, nil
}

// check removes unreadable files. A class without readable images is a problem.
func (l *listing) check(ctx context.Context, src Source, images *imageReader) error {
	listed := l.perClass()
	readable, skipped, err := images.checkImages(ctx, src, l)
	var refused *refusedError
	if errors.As(err, &refused) {
		l.problems = append(l.problems, refused.lines...)
		return nil
	}
	if err != nil {
		return err
	}
	l.files, l.skipped = readable, append(l.skipped, skipped...)
	slices.Sort(l.skipped)
	for c, n := range l.perClass() {
		if n == 0 && listed[c] > 0 {
			l.problem("%s: no training image of class %q can be read; fix them, or remove the class", l.top, l.classes[c])
		}
	}
	return nil
}

// perClass returns the number of images of each class available for training.
func (l *listing) perClass() []int {
	n := make([]int, len(l.classes))
	for _, f := range l.files {
		if f.split == forTraining {
			for _, c := range l.classesOf(f.label) {
				n[c]++
			}
		}
	}
	return n
}

// mostLines limits the number of problems, or of skipped files, that an error names.
const mostLines = 20

// err joins all problems.
func (l *listing) err() error {
	lines := firstLines(l.problems, "problems")
	if len(l.skipped) > 0 {
		lines = append(append(lines, "besides, these would be left out:"), firstLines(l.skipped, "files")...)
	}
	var all []error
	for _, line := range lines {
		all = append(all, errors.New(line))
	}
	return errors.Join(all...)
}

func firstLines(lines []string, what string) []string {
	if more := len(lines) - mostLines; more > 0 {
		return append(slices.Clone(lines[:mostLines]), fmt.Sprintf("and %d more %s", more, what))
	}
	return slices.Clone(lines)
}

// splitRule names the rule that splits a folder, and the content of its digest. A changed
// rule needs a new name, since a run can only be resumed with the same images.
const splitRule = "cnntrain images 2: by rank within each class, digests of contents"

// digest covers the classes and each split's files: names, classes and contents.
func (l *listing) digest(splits [splits][]imageFile) string {
	digest := sha256.New()
	fmt.Fprintf(digest, "%s\n%q\n", splitRule, l.classes)
	for p, files := range splits {
		fmt.Fprintf(digest, "%s: %d files\n", split(p), len(files))
		for _, f := range files {
			fmt.Fprintf(digest, "%q %s %x\n", norm.NFC.String(f.name), l.labelText(f.label), f.sum)
		}
	}
	return hex.EncodeToString(digest.Sum(nil))
}

// A File is an image in a file of its own.
type File struct {
	Name   string // relative to the folder of its dataset, with slashes, composed (NFC)
	Digest string // SHA-256 of its content, in hexadecimal
	Path   string // where it can be opened
}

// Files is Examples that are files.
type Files interface {
	Examples
	File(i int) File
}

// folderExamples is images that are read on demand.
type folderExamples struct {
	images *imageReader
	top    string
	files  []imageFile
}

func (e *folderExamples) Len() int { return len(e.files) }

func (e *folderExamples) Label(i int) int { return e.files[i].label }

func (e *folderExamples) File(i int) File {
	return File{norm.NFC.String(e.files[i].name), hex.EncodeToString(e.files[i].sum[:]), fileAt(e.top, e.files[i].name)}
}

func (e *folderExamples) Image(dst []float32, i int) error {
	return e.images.image(dst, fileAt(e.top, e.files[i].name), e.files[i].sum)
}
