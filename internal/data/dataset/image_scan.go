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
	name  string // path below the folder, with slashes, or an absolute one
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

// A listing is the images that are to be a dataset, before anybody has looked into them.
type listing struct {
	top     string   // what names are relative to
	classes []string // composed, in alphabetical order
	files   []imageFile
	given   bool   // each file has its split already
	tested  bool   // there is a folder of classes for testing
	train   string // the folder of the classes

	problems []string // what makes the listing of no use
	warnings []string
	skipped  []string // "FILE: why"
}

func (l *listing) problem(format string, args ...any) {
	l.problems = append(l.problems, fmt.Sprintf(format, args...))
}

func (l *listing) warn(format string, args ...any) {
	l.warnings = append(l.warnings, fmt.Sprintf(format, args...))
}

// add lists a file.
func (l *listing) add(name string, label int, p split, size int64) {
	l.files = append(l.files, imageFile{name: name, label: label, split: p, size: size, hash: hashName(name)})
}

// sort puts the files in the order of their hashes.
func (l *listing) sort() {
	slices.SortFunc(l.files, func(a, b imageFile) int {
		return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.name, b.name))
	})
}

// hashName is the first 8 bytes of the SHA-256 of the name as it is composed, so that a
// folder is split alike wherever it was copied to.
func hashName(name string) uint64 {
	sum := sha256.Sum256(norm.NFC.AppendString(nil, name))
	return binary.BigEndian.Uint64(sum[:])
}

// gone reports whether err says that there is nothing at the end of a link.
func gone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ELOOP)
}

// A walk adds the images in a folder, and in folders below, to a listing.
type walk struct {
	*listing
	ctx   context.Context
	label int
	split split
}

// into walks through the folder called name. above is the folders that it lies in and
// itself, as os.Stat describes them, so that no link leads round in a circle.
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

// walk adds the images of a class, or of none, and returns how many there are.
func (l *listing) walk(ctx context.Context, name string, label int, p split) (n int, err error) {
	info, err := os.Stat(fileAt(l.top, name))
	if err != nil {
		return 0, l.refused(err)
	}
	before := len(l.files)
	err = (&walk{l, ctx, label, p}).into(name, []fs.FileInfo{info})
	return len(l.files) - before, err
}
