package dataset

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"syscall"
)

// readExactly fills dst from a file, which must have exactly that size.
func readExactly(path string, dst []byte) error {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New("the file is missing")
	}
	if err != nil {
		return bare(err)
	}
	defer file.Close()
	info, err := file.Stat()
	switch {
	case err != nil:
		return bare(err)
	case info.Size() < int64(len(dst)):
		return fmt.Errorf("ends at byte %d, should be %d bytes long", info.Size(), len(dst))
	case info.Size() > int64(len(dst)):
		return fmt.Errorf("is %d bytes long, should end at byte %d", info.Size(), len(dst))
	}
	n, err := io.ReadFull(file, dst)
	if err != nil {
		return fmt.Errorf("cannot be read at byte %d: %w", n, bare(err))
	}
	return nil
}

// digest returns the SHA-256 of the concatenated parts, in hexadecimal.
func digest(parts ...[]byte) string {
	sum := sha256.New()
	for _, p := range parts {
		sum.Write(p)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// bare removes the path from an error of package os, for messages that already name it.
func bare(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// unpack creates folder, of the dataset called name, from the archive r, which it expects
// beside the folder, or downloads. A downloaded archive is removed after unpacking.
func (src Source) unpack(ctx context.Context, name string, r remote, folder string) error {
	archive := filepath.Join(filepath.Dir(folder), path.Base(r.url))
	_, err := os.Stat(archive)
	ours := errors.Is(err, fs.ErrNotExist)
	if ours {
		if src.Offline {
			return fmt.Errorf("%s is missing; run cnntrain data fetch %s, or choose the folder it is in with --data-dir", folder, name)
		}
		if err := newFetcher(src).fetch(ctx, r, archive); err != nil {
			return err
		}
	}
	err = unpackFile(ctx, r, archive, folder, ours)
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("%s: %w; make room to unpack it and run the command again", archive, err)
	case err != nil:
		return fmt.Errorf("%s: %w", archive, err)
	}
	if ours {
		return os.Remove(archive)
	}
	return nil
}

func unpackFile(ctx context.Context, r remote, archive, folder string, verified bool) error {
	file, err := os.Open(archive)
	if err != nil {
		return bare(err)
	}
	defer file.Close()
	if !verified {
		if err := verify(ctx, file, r.sha256); err != nil {
			return fmt.Errorf("%w; remove it to have it downloaded again", err)
		}
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return bare(err)
		}
	}
	// Images hardly compress, so four times the packed size is enough.
	return untar(ctx, file, folder, 4*r.size+1<<20)
}
