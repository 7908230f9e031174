package dataset

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// A remote describes a file to download.
type remote struct {
	url    string
	size   int64  // bytes; a server that sends more is cut off
	sha256 string // hexadecimal
}

// A fetcher downloads files; see newFetcher.
type fetcher struct {
	client   *http.Client
	progress func(what string, done, total int64)
	tries    int           // maximum number of connections
	stall    time.Duration // timeout of a connection without data
	wait     func(ctx context.Context, d time.Duration) error
	open     func(path string) (partFile, error)
}

// A partFile is the file that a download is written to.
type partFile interface {
	io.ReadWriteSeeker
	io.Closer
	Truncate(size int64) error
	Sync() error
}

func newFetcher(src Source) *fetcher {
	client := &http.Client{}
	if src.Client != nil {
		*client = *src.Client
	}
	if !src.Insecure {
		client.Transport = encrypted{client.Transport}
	}
	f := &fetcher{client: client, progress: src.Progress, tries: 5, stall: time.Minute, wait: sleep, open: openPart}
	if f.progress == nil {
		f.progress = func(string, int64, int64) {}
	}
	return f
}

// encrypted rejects URLs without TLS, including those of redirects.
type encrypted struct{ http.RoundTripper }

// errNotEncrypted is not a network error: a retry would not help.
var errNotEncrypted = errors.New("is not encrypted")

func (e encrypted) RoundTrip(q *http.Request) (*http.Response, error) {
	if q.URL.Scheme != "https" {
		return nil, fmt.Errorf("%s %w", q.URL.Redacted(), errNotEncrypted)
	}
	if e.RoundTripper == nil {
		return http.DefaultTransport.RoundTrip(q)
	}
	return e.RoundTripper.RoundTrip(q)
}

func openPart(path string) (partFile, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
}

// sleep waits for d, or until ctx is done.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// fetch downloads r to path. It writes to path.part, which it renames when the content is
// complete, verified and synced to disk. A partial file of an earlier call is continued;
// only one with a wrong checksum is removed.
func (f *fetcher) fetch(ctx context.Context, r remote, path string) error {
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		err = f.fetchPart(ctx, r, path+".part")
	}
	if err == nil {
		err = rename(path+".part", path)
	}
	if err != nil {
		return explain(ctx, err, r, path)
	}
	return nil
}

// fetchPart completes part, verifies it and syncs it to disk.
func (f *fetcher) fetchPart(ctx context.Context, r remote, part string) error {
	file, err := f.open(part)
	if err != nil {
		return err
	}
	defer file.Close()
	t := &transfer{fetcher: f, remote: r, file: file, name: filepath.Base(r.url)}
	if t.done, err = file.Seek(0, io.SeekEnd); err != nil {
		return err
	}
	resumed := t.done > 0
	err = t.complete(ctx)
	if errors.As(err, new(checksumError)) && resumed {
		// The partial content may belong to another file: start again.
		if err = t.restart(); err == nil {
			err = t.complete(ctx)
		}
	}
	if errors.As(err, new(checksumError)) {
		file.Close()
		return errors.Join(err, os.Remove(part))
	}
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

// complete downloads the missing bytes, with retries after broken connections, and verifies
// the whole.
func (t *transfer) complete(ctx context.Context) error {
	for try := 1; t.done != t.remote.size; try++ {
		t.progress(t.name, t.done, t.remote.size)
		err := t.get(ctx)
		var broken brokenError
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return ctx.Err()
		case !errors.As(err, &broken) || try == t.tries:
			return err
		default:
			if err := t.wait(ctx, time.Second<<(try-1)); err != nil {
				return err
			}
		}
	}
	if _, err := t.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return verify(ctx, t.file, t.remote.sha256)
}

// verify reads r to its end and checks the checksum.
func verify(ctx context.Context, r io.Reader, want string) error {
	digest := sha256.New()
	if _, err := io.Copy(digest, contextReader{ctx, r}); err != nil {
		return err
	}
	if got := hex.EncodeToString(digest.Sum(nil)); got != want {
		return checksumError{got, want}
	}
	return nil
}

// contextReader reads until ctx is done.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// rename renames a file or folder and syncs its parent folder.
func rename(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return err
	}
	if dir, err := os.Open(filepath.Dir(to)); err == nil {
		_ = dir.Sync() // not every system supports it; the rename itself succeeded
		dir.Close()
	}
	return nil
}

// A checksumError says that the content differs from the published one.
type checksumError struct{ got, want string }

func (e checksumError) Error() string {
	return fmt.Sprintf("wrong checksum: SHA-256 %s instead of %s", e.got, e.want)
}

// A brokenError is a failure that may not recur on a retry.
type brokenError struct{ error }

func (e brokenError) Unwrap() error { return e.error }

// explain adds to an error of a download what to do.
func explain(ctx context.Context, err error, r remote, path string) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	fix := "put the file at " + path + " by hand"
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, fs.ErrPermission):
		fix = fmt.Sprintf("needs a folder it can write %d MB to; make room, or choose another with --data-dir", r.size/1e6+1)
	case errors.As(err, new(checksumError)):
		fix = "what arrived is removed; try again later, or " + fix
	case errors.Is(err, errNotEncrypted):
		fix = "take it all the same, guarded by its checksum alone, with data fetch --insecure, or " + fix
	case errors.As(err, new(net.Error)), errors.As(err, new(brokenError)):
		fix = "check the network and run the command again (what arrived is kept), or " + fix
	}
	cause := err
	if named := (*url.Error)(nil); errors.As(err, &named) {
		cause = named.Err // the message has the URL already
	}
	return fmt.Errorf("downloading %s: %w; %s", r.url, cause, fix)
}
