package dataset

import (
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// readSum fills in the digest of what is in the file at path.
func (f *imageFile) readSum(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return err
	}
	sum.Sum(f.sum[:0])
	return nil
}

// Refused reports whether err is the system's, not that of what is in a file: too many
// open files, no permission, a broken disk. A file that is gone is no refusal.
func Refused(err error) bool {
	var number syscall.Errno
	return errors.As(err, &number) && !gone(err)
}

// A refusedError is files that the system did not let be read, a line each.
type refusedError struct{ lines []string }

func (e *refusedError) Error() string { return (&listing{problems: e.lines}).err().Error() }

// refusals makes the error of several files one, nil where there is none. Of what can be
// mended by the file all are named; else the first is enough.
func refusals(faults []error) error {
	var lines []string
	for _, err := range faults {
		if !Refused(err) {
			continue
		}
		if !errors.Is(err, fs.ErrPermission) {
			return err
		}
		lines = append(lines, err.Error()+"; make it readable")
	}
	if lines == nil {
		return nil
	}
	return &refusedError{lines}
}
