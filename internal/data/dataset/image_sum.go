package dataset

import (
	"errors"
	"io/fs"
	"syscall"
)

// Refused reports whether err is an error of the operating system rather than of a file's
// content: too many open files, no permission, an I/O error. A missing file is not one.
func Refused(err error) bool {
	var number syscall.Errno
	return errors.As(err, &number) && !gone(err)
}

// A refusedError is files that could not be read because of the operating system, one per
// line.
type refusedError struct{ lines []string }

func (e *refusedError) Error() string { return (&listing{problems: e.lines}).err().Error() }

// refusals combines the errors of several files, nil if there are none. Errors that can be
// fixed file by file are all named; of others the first is enough.
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
