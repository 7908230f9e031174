package dataset

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"unicode/utf8"
)

// A folder is the content of a directory.
type folder struct {
	name    string   // path relative to the top of its listing
	folders []string // names, in alphabetical order
	images  []string
	others  []string
}

// look reads a folder. A dangling link that may have been a folder is a problem.
func (l *listing) look(name string) (*folder, error) {
	f := &folder{name: name}
	entries, err := os.ReadDir(fileAt(l.top, name))
	if err != nil {
		return f, l.refused(err)
	}
	for _, e := range entries {
		if passedOver(e.Name()) {
			continue
		}
		file, isDir := fileAt(l.top, path.Join(name, e.Name())), e.IsDir()
		if e.Type()&fs.ModeSymlink != 0 {
			info, err := os.Stat(file)
			switch {
			case gone(err) && isImage(file, e):
				l.skipped = append(l.skipped, file+": leads to nothing")
			case gone(err):
				l.problem("%s: leads to nothing; fix or remove the link", file)
			case err != nil:
				return f, l.refused(err)
			}
			if err != nil {
				continue
			}
			isDir = info.IsDir()
		}
		switch {
		case isDir && !utf8.ValidString(e.Name()):
			l.problem("%v", checkName(fileAt(l.top, name), e.Name()))
		case isDir:
			f.folders = append(f.folders, e.Name())
		case isImage(file, e):
			f.images = append(f.images, e.Name())
		default:
			f.others = append(f.others, e.Name())
		}
	}
	return f, nil
}

// peek reads a folder without reporting problems.
func (l *listing) peek(name string) (*folder, error) { return (&listing{top: l.top}).look(name) }

// refused records a missing permission as one of several problems; any other error of the
// operating system aborts at once.
func (l *listing) refused(err error) error {
	if errors.Is(err, fs.ErrPermission) {
		l.problem("%v; make it readable", err)
		return nil
	}
	return err
}
