package dataset

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func link(t *testing.T, to, name string) {
	t.Helper()
	if err := os.Symlink(to, name); err != nil {
		t.Skip(err)
	}
}

func TestLinksToNothingAreLeftOut(t *testing.T) {
	dir := t.TempDir()
	writeClasses(t, dir, 4, "a", "b")
	link(t, "nowhere.png", filepath.Join(dir, "a", "gone.png"))
	link(t, "round.png", filepath.Join(dir, "a", "round.png"))
	link(t, filepath.Join(dir, "a"), filepath.Join(dir, "a", "itself"))
	link(t, filepath.Join(dir, "nowhere"), filepath.Join(dir, "b", "folder"))
	link(t, filepath.Join(dir, "nowhere.png"), filepath.Join(dir, "beside.png"))
	link(t, filepath.Join(dir, "nowhere.txt"), filepath.Join(dir, "b", "note.txt"))
	d := mustLoad(t, &imageFolder{path: dir, testSplit: 0}, inputShape)
	for i := range d.Skipped {
		d.Skipped[i] = strings.TrimPrefix(d.Skipped[i], dir+string(filepath.Separator))
	}
	want := []string{
		"a/gone.png: leads to nothing", "a/itself: leads back to a folder that it is in", "a/round.png: leads to nothing",
		"b/folder: leads to nothing", "beside.png: leads to nothing",
	}
	for i := range want {
		want[i] = filepath.FromSlash(want[i])
	}
	if d.Train.Len() != 8 || !slices.Equal(d.Skipped, want) {
		t.Errorf("%d images, skipped %q", d.Train.Len(), d.Skipped)
	}
	link(t, filepath.Join(dir, "nowhere"), filepath.Join(dir, "c"))
	_, err := (&imageFolder{path: dir}).Load(context.Background(), inputShape)
	mustFail(t, err, filepath.Join(dir, "c")+": leads to nothing; fix or remove the link", filepath.Join(dir, "a", "gone.png"))
}

func TestLinkedFoldersBelongToTheirClass(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	writeClasses(t, dir, 4, "a", "b")
	writeClasses(t, elsewhere, 3, "more")
	link(t, filepath.Join(elsewhere, "more"), filepath.Join(dir, "a", "more"))
	if d := mustLoad(t, &imageFolder{path: dir}, inputShape); sizes(d, d.Train) != "7 4" {
		t.Errorf("%s images", sizes(d, d.Train))
	}
}

// All problems of a folder are reported together, with the files that would be left out.
func TestAllProblemsOfAFolderAreTold(t *testing.T) {
	dir := t.TempDir()
	writeTree(t, dir, "a/*3", "b/", "c/", "d/x.jpg", "e/*3", "e/bad.jpg")
	_, err := (&imageFolder{path: dir}).Load(context.Background(), inputShape)
	if err == nil {
		t.Fatal("no error")
	}
	want := `DIR/b: no images here; put some in, or remove the folder
DIR/c: no images here; put some in, or remove the folder
DIR: no training image of class "d" can be read; fix them, or remove the class
besides, these would be left out:
DIR/d/x.jpg: `
	if got := strings.ReplaceAll(err.Error(), dir, "DIR"); !strings.HasPrefix(got, want) || !strings.Contains(got, "DIR/e/bad.jpg: ") {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestManyProblemsAreCounted(t *testing.T) {
	dir := t.TempDir()
	writeTree(t, dir, "a/*3", "b/*3")
	for i := range mostLines + 3 {
		writeTree(t, dir, fmt.Sprintf("empty%02d/", i))
	}
	_, err := (&imageFolder{path: dir}).Load(context.Background(), inputShape)
	if err == nil || !strings.HasSuffix(err.Error(), "\nand 3 more problems") || strings.Count(err.Error(), "\n") != mostLines {
		t.Errorf("got %v", err)
	}
}

func TestRefusalsAreNotDamage(t *testing.T) {
	wrapped := func(err error) error { return &fs.PathError{Op: "open", Path: "x.png", Err: err} }
	for _, c := range []struct {
		err  error
		want bool
	}{
		{wrapped(syscall.EMFILE), true},
		{wrapped(syscall.ENFILE), true},
		{wrapped(syscall.EACCES), true},
		{wrapped(syscall.EIO), true},
		{wrapped(syscall.ENOMEM), true},
		{wrapped(syscall.ENOENT), false}, // deleted since
		{wrapped(syscall.ELOOP), false},
		{errors.New("damaged image"), false},
	} {
		if got := Refused(c.err); got != c.want {
			t.Errorf("%v: %v", c.err, got)
		}
	}
	permission := wrapped(syscall.EACCES)
	if err := refusals([]error{nil, permission, errors.New("damaged"), permission}); err == nil || strings.Count(err.Error(), "open x.png: permission denied; make it readable") != 2 {
		t.Errorf("got %v", err)
	}
	if err := refusals([]error{permission, wrapped(syscall.EIO)}); !errors.Is(err, syscall.EIO) {
		t.Errorf("got %v", err)
	}
	if err := refusals([]error{nil, errors.New("damaged")}); err != nil {
		t.Errorf("got %v", err)
	}
}

// Errors of the operating system abort, with the name of the file.
func TestFilesThatTheSystemRefusesStopTheScan(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs /proc")
	}
	dir := t.TempDir()
	writeClasses(t, dir, 4, "a", "b")
	file := filepath.Join(dir, "a", "broken.png")
	link(t, "/proc/self/mem", file) // whose first page cannot be read: an I/O error
	if _, err := os.ReadFile(file); !errors.Is(err, syscall.EIO) {
		t.Skip(err)
	}
	_, err := (&imageFolder{path: dir}).Load(context.Background(), inputShape)
	if !errors.Is(err, syscall.EIO) || !strings.Contains(err.Error(), file) {
		t.Errorf("got %v", err)
	}
}

func TestUnreadableFilesAndFoldersAreAllNamed(t *testing.T) {
	dir := t.TempDir()
	writeClasses(t, dir, 4, "a", "b", "c")
	files := []string{filepath.Join(dir, "a", "001.png"), filepath.Join(dir, "b", "002.png"), filepath.Join(dir, "c")}
	for _, f := range files {
		if err := os.Chmod(f, 0); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.Chmod(f, 0o777) })
	}
	if _, err := os.ReadFile(files[0]); !errors.Is(err, fs.ErrPermission) {
		t.Skip("root may read all files")
	}
	_, err := (&imageFolder{path: dir}).Load(context.Background(), inputShape)
	mustFail(t, err, files...)
}
