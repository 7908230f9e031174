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

	"cnntrain/internal/shutdown"
)

// WriteFile replaces the file at path with what write writes, atomically: after a crash at
// any moment the old file or the new one is there. Its mode is 0644 minus the umask; its
// folder must exist.
//
// The bytes go through a buffer to a file beside it, called ".NAME.tmp-NUMBER", which is
// synced and renamed; then the folder is synced. If write returns an error or any step
// fails, WriteFile returns an error and the file at path is unchanged; only after an error
// in syncing the folder the new file is in place, complete, but may not survive a power
// failure. The temporary file is removed in any case, also if a signal ends the process
// (package shutdown), but not if it is killed.
func WriteFile(path string, write func(io.Writer) error) error {
	return writeKeeping(path, "", write)
}

// writeKeeping is WriteFile, but moves the old file to previous, unless that is empty.
// After a crash at any moment the two files are unchanged, or the old one is at previous
// and nothing at path, or both are new.
func writeKeeping(path, previous string, write func(io.Writer) error) error {
	if err := writeFile(path, previous, write); err != nil {
		return fmt.Errorf("%s: cannot write: %w", path, err)
	}
	return nil
}

// CheckFile returns the error that WriteFile would return for path, as far as it is known before
// there is anything to write, and leaves nothing behind: a folder that does not exist or may not be
// written to should not be found only after hours of work.
func CheckFile(path string) error {
	if err := checkFile(path); err != nil {
		return fmt.Errorf("%s: cannot write: %w", path, err)
	}
	return nil
}

func checkFile(path string) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return errNotRegular
	}
	tmp, err := createTemp(path)
	if err != nil {
		return advise(err, filepath.Dir(path))
	}
	defer shutdown.Remove(tmp.Name())()
	return errors.Join(tmp.Close(), os.Remove(tmp.Name()))
}

// Append writes data at the end of a file that was opened for appending, in one call, so that
// the file ends in a part of data only after a crash or an error. With sync, data is on the
// disk when Append returns.
func Append(f *os.File, data []byte, sync bool) error {
	_, err := f.Write(data)
	if err == nil && sync {
		err = f.Sync()
	}
	if err != nil {
		return fmt.Errorf("%s: cannot write: %w", f.Name(), advise(err, filepath.Dir(f.Name())))
	}
	return nil
}

var errNotRegular = errors.New("it exists and is not a regular file; choose another name")

func writeFile(path, previous string, write func(io.Writer) error) error {
	// A rename would replace /dev/null.
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return errNotRegular
	}
	dir := filepath.Dir(path)
	tmp, err := createTemp(path)
	if err != nil {
		return advise(err, dir)
	}
	done := shutdown.Remove(tmp.Name())
	defer func() {
		defer done()
		_ = tmp.Close()           // closed already, or not needed any more
		_ = os.Remove(tmp.Name()) // renamed already, or not needed any more
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

// tempMark is the part of a temporary file's name between the target's name and a number.
const tempMark = ".tmp-"

// RemoveTemps removes from a folder the temporary files of processes that were killed
// during a write. No other process may be writing there.
func RemoveTemps(dir string) error {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") && strings.Contains(e.Name(), tempMark) {
			err = errors.Join(err, os.Remove(filepath.Join(dir, e.Name())))
		}
	}
	return err
}

// createTemp creates a file beside path under an unused name. Unlike os.CreateTemp it
// leaves the mode to the umask.
func createTemp(path string) (*os.File, error) {
	for {
		name := fmt.Sprintf(".%s%s%d", filepath.Base(path), tempMark, rand.Uint32())
		f, err := os.OpenFile(filepath.Join(filepath.Dir(path), name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
}

// fill calls write for the file f, syncs and closes it.
func fill(f *os.File, write func(io.Writer) error) error {
	w := bufio.NewWriterSize(f, chunkSize)
	if err := write(w); err != nil {
		var at *fs.PathError
		if errors.As(err, &at) && at.Path == f.Name() { // an error of the disk, not of the caller
			return advise(err, filepath.Dir(f.Name()))
		}
		return err
	}
	return advise(errors.Join(w.Flush(), f.Sync(), f.Close()), filepath.Dir(f.Name()))
}

// syncDir syncs a folder if the system supports that: some file systems cannot sync a
// folder; Windows cannot open one, and nobody can open a write-only one.
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

// withoutPath removes the path from an error of package os: our messages start with it.
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

// advise returns advice about an error in writing to dir, if there is any.
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
