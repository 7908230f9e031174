package checkpoint

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// WriteFile makes the file at path hold what write writes, whole or not at all: a
// crash at any moment leaves the old file or the new one. Its mode is 0644 less
// the umask; its folder must exist.
//
// The bytes go through a buffer to a file beside it, called ".NAME.tmp-NUMBER",
// which is synced and renamed, and then the folder is synced. If write returns
// an error or any step fails, WriteFile returns an error and the file at path is
// as it was; only an error in syncing the folder comes when the new file is in
// place, whole, but might not outlast a power cut. The temporary file is removed
// in any case, unless the process is killed.
func WriteFile(path string, write func(io.Writer) error) error {
	return writeKeeping(path, "", write)
}

// writeKeeping is WriteFile, but what was at path is at previous afterwards, unless
// that is empty. A crash at any moment leaves the two files as they were, the old one
// at previous alone, or both new.
func writeKeeping(path, previous string, write func(io.Writer) error) error {
	if err := writeFile(path, previous, write); err != nil {
		return fmt.Errorf("%s: cannot write: %w", path, err)
	}
	return nil
}

var errNotRegular = errors.New("it exists and is not a regular file; choose another name")

func writeFile(path, previous string, write func(io.Writer) error) error {
	// A rename would put a file in the place of /dev/null.
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return errNotRegular
	}
	dir := filepath.Dir(path)
	tmp, err := createTemp(path)
	if err != nil {
		return advise(err, dir)
	}
	defer func() {
		_ = tmp.Close()           // closed already, or of no use
		_ = os.Remove(tmp.Name()) // renamed already, or of no use
	}()
	if err := fill(tmp, write); err != nil {
		return err
	}
	if previous != "" {
		if err := os.Rename(path, previous); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return advise(err, dir)
		}
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return advise(err, dir)
	}
	return syncDir(dir)
}

// tempMark is what a temporary file has in its name, between those of the file it is
// to be and a number.
const tempMark = ".tmp-"

// RemoveTemps removes from a folder the temporary files of processes that were killed
// while they wrote. No other process may be writing there.
func RemoveTemps(dir string) error {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") && strings.Contains(e.Name(), tempMark) {
			err = errors.Join(err, os.Remove(filepath.Join(dir, e.Name())))
		}
	}
	return err
}

// createTemp creates a file beside path under a name not yet taken. Unlike
// os.CreateTemp it leaves the mode to the umask.
func createTemp(path string) (*os.File, error) {
	for {
		name := fmt.Sprintf(".%s%s%d", filepath.Base(path), tempMark, rand.Uint32())
		f, err := os.OpenFile(filepath.Join(filepath.Dir(path), name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
}

// fill has write write the file f, and closes it with its bytes on the disk.
func fill(f *os.File, write func(io.Writer) error) error {
	w := bufio.NewWriterSize(f, chunkSize)
	if err := write(w); err != nil {
		var at *fs.PathError
		if errors.As(err, &at) && at.Path == f.Name() { // the disk's fault, not the caller's
			return advise(err, filepath.Dir(f.Name()))
		}
		return err
	}
	return advise(errors.Join(w.Flush(), f.Sync(), f.Close()), filepath.Dir(f.Name()))
}

// syncDir puts the names in a folder on the disk, where the system can: some
// file systems cannot sync a folder, Windows and write-only folders cannot open one.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err == nil {
		err = errors.Join(d.Sync(), d.Close())
	}
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) || errors.Is(err, fs.ErrPermission) {
		return nil
	}
	return withoutPath(err)
}

// withoutPath takes the path out of an error of package os: ours say it first.
func withoutPath(err error) error {
	var one *fs.PathError
	var two *os.LinkError
	switch {
	case errors.As(err, &one):
		return one.Err
	case errors.As(err, &two):
		return two.Err
	}
	return err
}

// advise says what to do about an error in writing to dir, if we know.
func advise(err error, dir string) error {
	err = withoutPath(err)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w; create the folder %s first", err, dir)
	case errors.Is(err, syscall.ENOTDIR):
		return fmt.Errorf("%w; %s is not a folder", err, dir)
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w; make the folder %s writable or choose another", err, dir)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("%w; free some space, the file is as it was before", err)
	}
	return err
}
