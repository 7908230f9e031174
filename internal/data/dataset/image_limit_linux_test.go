package dataset

import (
	"context"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
)

// Too many open files are no damaged images: one of them was once trained without, exit 0.
func TestTooManyOpenFilesStopTheScan(t *testing.T) {
	dir := t.TempDir()
	writeClasses(t, dir, 20, "a", "b")
	l, err := scanFolder(context.Background(), dir)
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
	low.Cur = uint64(next.Fd()) // no number below is left
	if err := errors.Join(next.Close(), syscall.Setrlimit(syscall.RLIMIT_NOFILE, &low)); err != nil {
		t.Fatal(err)
	}
	err = l.check(context.Background(), inputShape)
	if back := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); back != nil {
		t.Fatal(back)
	}
	if !errors.Is(err, syscall.EMFILE) || !strings.Contains(err.Error(), ".png: too many open files") {
		t.Errorf("got %v", err)
	}
}
