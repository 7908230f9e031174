package dataset

import (
	"context"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"

	"cnntrain/internal/data/imagecache"
)

// Too many open files do not mean damaged images: training must not go on without them.
func TestTooManyOpenFilesStopTheScan(t *testing.T) {
	dir := t.TempDir()
	writeClasses(t, dir, 20, "a", "b")
	l, err := scanFolder(context.Background(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	next, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	low := limit
	low.Cur = uint64(next.Fd()) // no lower number is free
	if err := errors.Join(next.Close(), syscall.Setrlimit(syscall.RLIMIT_NOFILE, &low)); err != nil {
		t.Fatal(err)
	}
	err = l.check(context.Background(), inputShape, newImageReader(imagecache.Options{}, inputShape.Input, preparation{}))
	if back := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); back != nil {
		t.Fatal(back)
	}
	if !errors.Is(err, syscall.EMFILE) || !strings.Contains(err.Error(), ".png: too many open files") {
		t.Errorf("got %v", err)
	}
}
