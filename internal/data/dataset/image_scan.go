package dataset

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"syscall"

	"golang.org/x/text/unicode/norm"
)

// An imageFile is an image in a folder. A million of them take about 150 MB.
type imageFile struct {
	name  string // path relative to the folder, with slashes, or absolute
	label int
	split split
	size  int64    // in bytes
	hash  uint64   // of name
	sum   [32]byte // SHA-256 of the content
}

// fileAt is where a file of a listing lies.
func fileAt(top, name string) string {
	if name = filepath.FromSlash(name); filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(top, name)
}

// A listing is the images of a future dataset, before any of them is decoded.
type listing struct {
	top        string   // base of relative names
	collection string   // absolute path of the folder or list
	classes    []string // composed (NFC), in alphabetical order
	labels     [][]int  // if images can have several classes: those of each label
	files      []imageFile
	given      bool   // each file already has its split
	tested     bool   // there is a folder of classes for testing
	train      string // the folder of the classes

	known []string // classes of the model that is evaluated; nil: to train on

	problems []string // errors that make the listing unusable
	warnings []string
	skipped  []string // "FILE: why"
}

func (l *listing) problem(format string, args ...any) {
	l.problems = append(l.problems, fmt.Sprintf(format, args...))
}

func (l *listing) warn(format string, args ...any) {
	l.warnings = append(l.warnings, fmt.Sprintf(format, args...))
}

// add adds a file.
func (l *listing) add(name string, label int, p split, size int64) {
	l.files = append(l.files, imageFile{name: name, label: label, split: p, size: size, hash: hashName(name)})
}

// sort orders the files by their hashes.
func (l *listing) sort() {
	slices.SortFunc(l.files, func(a, b imageFile) int {
		return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.name, b.name))
	})
}

// hashName returns the first 8 bytes of the SHA-256 of the composed (NFC) name, so that
// copies of a folder have the same splits.
func hashName(name string) uint64 {
	sum := sha256.Sum256(norm.NFC.AppendString(nil, name))
	return binary.BigEndian.Uint64(sum[:])
}

// gone reports whether err is that of a dangling link.
func gone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ELOOP)
}

// A walk adds the images of a folder and its subfolders to a listing.
type walk struct {
	*listing
	ctx   context.Context
	label int
	split split
}

// into walks the folder called name. above holds the os.Stat results of the folders on the
// path, including itself, to detect cycles of links.
func (w *walk) into(name string, above []fs.FileInfo) error {
	entries, err := os.ReadDir(fileAt(w.top, name))
	if err != nil {
		return w.refused(err)
	}
	for _, e := range entries {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		if passedOver(e.Name()) {
			continue
		}
		if err := w.entry(path.Join(name, e.Name()), e, above); err != nil {
			return err
		}
	}
	return nil
}

func (w *walk) entry(name string, e fs.DirEntry, above []fs.FileInfo) error {
	file := fileAt(w.top, name)
	link := e.Type()&fs.ModeSymlink != 0
	if !link && !e.IsDir() && !isImage(file, e) {
		return nil
	}
	info, err := os.Stat(file)
	switch {
	case gone(err):
		if isImage(file, e) || filepath.Ext(name) == "" {
			w.skipped = append(w.skipped, file+": leads to nothing")
		}
		return nil
	case err != nil:
		return w.refused(err)
	case info.IsDir():
		if link && slices.ContainsFunc(above, func(a fs.FileInfo) bool { return os.SameFile(a, info) }) {
			w.skipped = append(w.skipped, file+": leads back to a folder that it is in")
			return nil
		}
		return w.into(name, append(slices.Clip(above), info))
	case link && !isImage(file, e):
		return nil
	case !info.Mode().IsRegular():
		w.skipped = append(w.skipped, file+": not a file but a "+info.Mode().Type().String())
		return nil
	}
	w.add(name, w.label, w.split, info.Size())
	return nil
}

// walk adds the images of a class, or without a class, and returns their number.
func (l *listing) walk(ctx context.Context, name string, label int, p split) (n int, err error) {
	info, err := os.Stat(fileAt(l.top, name))
	if err != nil {
		return 0, l.refused(err)
	}
	before := len(l.files)
	err = (&walk{l, ctx, label, p}).into(name, []fs.FileInfo{info})
	return len(l.files) - before, err
}
