package dataset

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"cnntrain/internal/shutdown"
)

// untar unpacks the tar.gz in r to folder, which must not exist; all entries must be in one
// folder named like the last element of folder. The folder appears atomically, complete and
// synced to disk. An archive is rejected if it names anything outside the folder, contains
// a link, or is larger than limit bytes when unpacked.
func untar(ctx context.Context, r io.Reader, folder string, limit int64) error {
	name := filepath.Base(folder)
	temporary, err := os.MkdirTemp(filepath.Dir(folder), "."+name+".*")
	if err != nil {
		return err
	}
	defer shutdown.Remove(temporary)()
	defer os.RemoveAll(temporary)
	if err := untarInto(contextReader{ctx, r}, temporary, name, limit); err != nil {
		return err
	}
	return rename(filepath.Join(temporary, name), folder)
}

func untarInto(r io.Reader, dir, name string, limit int64) error {
	zip, err := gzip.NewReader(r)
	if err != nil {
		return notTar(err)
	}
	root, err := os.OpenRoot(dir) // no name can leave it
	if err != nil {
		return err
	}
	defer root.Close()
	limited := &limitedReader{zip, limit}
	archive := tar.NewReader(limited)
	for {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return notTar(err)
		}
		if err := untarEntry(root, archive, h, name); err != nil {
			return err
		}
	}
	// The remaining bytes contain gzip's checksum.
	if _, err := io.Copy(io.Discard, limited); err != nil {
		return notTar(err)
	}
	if info, err := root.Stat(name); err != nil || !info.IsDir() {
		return fmt.Errorf("the archive has no folder %s", name)
	}
	return nil
}

// untarEntry writes one file or folder of the archive, which must be in the folder name.
func untarEntry(root *os.Root, content io.Reader, h *tar.Header, name string) error {
	entry := path.Clean(h.Name)
	if entry != name && !strings.HasPrefix(entry, name+"/") || !filepath.IsLocal(filepath.FromSlash(entry)) {
		return fmt.Errorf("the archive names %q, outside its folder %s", h.Name, name)
	}
	switch h.Typeflag {
	case tar.TypeDir:
		return root.MkdirAll(entry, 0o755)
	case tar.TypeReg:
		if err := root.MkdirAll(path.Dir(entry), 0o755); err != nil {
			return err
		}
		file, err := root.OpenFile(entry, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return err
		}
		_, err = io.Copy(file, content)
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = notTar(err)
		}
		return errors.Join(err, file.Sync(), file.Close())
	}
	return fmt.Errorf("the archive holds %q, which is neither a file nor a folder", h.Name)
}

// notTar describes an error of a reader of the archive.
func notTar(err error) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return errors.New("the archive ends early")
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.Is(err, tar.ErrHeader):
		return fmt.Errorf("the archive is damaged: %w", err)
	}
	return err
}

// A limitedReader returns an error after left bytes, whereas io.LimitedReader returns EOF.
type limitedReader struct {
	r    io.Reader
	left int64
}

func (l *limitedReader) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, errors.New("the archive is larger than it may be")
	}
	return n, err
}
