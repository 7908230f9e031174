package checkpoint

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
)

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

// wantFolder checks the names in a folder and the content of the file at path.
func wantFolder(t *testing.T, path, content string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Error(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if !slices.Equal(got, names) {
		t.Errorf("the folder holds %q, want %q", got, names)
	}
	raw, err := os.ReadFile(path)
	if err != nil && len(names) > 0 {
		t.Error(err)
	}
	if string(raw) != content {
		t.Errorf("the file holds %q, want %q", raw, content)
	}
}

func TestWriteFileReplacesTheOldFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.json")
	for _, content := range []string{"old", "new", ""} {
		if err := WriteFile(path, text(content)); err != nil {
			t.Fatal(err)
		}
		wantFolder(t, path, content, "run.json")
	}
}

func TestWriteFileInTheWorkingFolder(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := WriteFile("run.json", text("x")); err != nil {
		t.Fatal(err)
	}
	wantFolder(t, "run.json", "x", "run.json")
}

func TestNewFileIsUnseenUntilItIsWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "best.safetensors")
	if err := WriteFile(path, text("old")); err != nil {
		t.Fatal(err)
	}
	err := WriteFile(path, func(w io.Writer) error {
		if _, err := w.Write(make([]byte, 3*chunkSize)); err != nil {
			return err
		}
		names, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".best.safetensors.tmp-*"))
		if err != nil || len(names) != 1 {
			t.Errorf("temporary files: %q %v, want one", names, err)
		}
		if raw, err := os.ReadFile(path); err != nil || string(raw) != "old" {
			t.Errorf("the file holds %q %v meanwhile, want the old content", raw, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestFailureLeavesTheOldFileAndNothingElse(t *testing.T) {
	other := &fs.PathError{Op: "open", Path: "/other/file", Err: fs.ErrNotExist}
	for name, c := range map[string]struct {
		fault error
		want  string
	}{
		"the caller's own": {errors.New("no figures yet"), ": cannot write: no figures yet"},
		"of another file":  {other, ": cannot write: open /other/file: file does not exist"},
	} {
		for _, size := range []int{0, 10, 3 * chunkSize} {
			t.Run(fmt.Sprint(name, " after ", size), func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "x")
				fail := func(w io.Writer) error {
					if _, err := w.Write(make([]byte, size)); err != nil {
						return err
					}
					return c.fault
				}
				err := WriteFile(path, fail)
				wantError(t, err, path+c.want)
				if !errors.Is(err, c.fault) || strings.Contains(err.Error(), "create the folder") {
					t.Errorf("got %v, want only the fault of the caller", err)
				}
				wantFolder(t, path, "")
				if err := WriteFile(path, text("old")); err != nil {
					t.Fatal(err)
				}
				wantError(t, WriteFile(path, fail), c.want)
				wantFolder(t, path, "old", "x")
			})
		}
	}
}

func TestPanicLeavesNoTemporaryFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	func() {
		defer func() { _ = recover() }()
		_ = WriteFile(path, func(io.Writer) error { panic("a mistake") })
	}()
	wantFolder(t, path, "")
}

// TestFaultOfTheDiskSaysWhatToDo closes or redirects the temporary file, so that real
// system calls fail midway.
func TestFaultOfTheDiskSaysWhatToDo(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("this system has no /dev/full: ", err)
	}
	for _, size := range []int{1, 3 * chunkSize} { // fails in Flush, in Write
		err := fill(full, text(strings.Repeat("x", size)))
		wantError(t, err, "no space left on device; free some space")
		if !errors.Is(err, syscall.ENOSPC) || strings.Contains(err.Error(), "/dev/full") {
			t.Errorf("got %v, want ENOSPC without the name of the temporary file", err)
		}
		if full, err = os.OpenFile("/dev/full", os.O_WRONLY, 0); err != nil {
			t.Fatal(err)
		}
	}
	_ = full.Close()
	wantError(t, fill(full, text("x")), "file already closed")
}

func TestFolderThatIsAbsentIsNamed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "runs")
	err := Write(filepath.Join(dir, "x"), nil, nil)
	wantError(t, err, filepath.Join(dir, "x")+": cannot write: no such file or directory; create the folder "+dir+" first")
	if !errors.Is(err, fs.ErrNotExist) {
		t.Error("errors.Is does not see fs.ErrNotExist")
	}
	if err := WriteFile(dir, text("a file")); err != nil {
		t.Fatal(err)
	}
	wantError(t, WriteFile(filepath.Join(dir, "x"), text("")), dir+" is not a folder")
	wantError(t, syncDir(filepath.Join(dir, "x")), "not a directory")
}

// What cannot be written is known before there is anything to write.
func TestCheckFileSaysWhatWriteFileWould(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x")
	for _, content := range []string{"", "old"} {
		if content != "" {
			if err := WriteFile(path, text(content)); err != nil {
				t.Fatal(err)
			}
		}
		if err := CheckFile(path); err != nil {
			t.Errorf("with %q there: %v", content, err)
		}
	}
	wantFolder(t, path, "old", "x")
	for _, bad := range []string{dir, os.DevNull, filepath.Join(dir, "no", "x"), filepath.Join(path, "x")} {
		err := CheckFile(bad)
		if err == nil {
			t.Errorf("%s: no error", bad)
		} else if want := WriteFile(bad, text("new")); err.Error() != want.Error() {
			t.Errorf("got %v, want %v", err, want)
		}
	}
}

func TestWhatIsNotARegularFileIsNotReplaced(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{dir, os.DevNull} {
		wantError(t, WriteFile(path, text("x")), path+": cannot write: it exists and is not a regular file")
	}
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
		t.Fatalf("%s was replaced", os.DevNull)
	}
	// A folder appears in the meantime: the rename fails.
	path := filepath.Join(dir, "x")
	err := WriteFile(path, func(io.Writer) error { return os.Mkdir(path, 0o755) })
	wantError(t, err, path+": cannot write: file exists")
}

func TestSomeAdviceForEachCommonFault(t *testing.T) {
	for fault, want := range map[error]string{
		syscall.EROFS:  "read-only file system; make the folder runs writable or choose another",
		syscall.EACCES: "permission denied; make the folder runs writable or choose another",
		syscall.EDQUOT: "free some space",
		syscall.EIO:    syscall.EIO.Error(),
	} {
		wantError(t, advise(&fs.PathError{Op: "write", Path: "t", Err: fault}, "runs"), want)
	}
	if advise(nil, "runs") != nil {
		t.Error("nil became an error")
	}
}

func TestTwoWritersAtOnceLeaveOneWholeFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	a, b := strings.Repeat("a", chunkSize*2), strings.Repeat("b", chunkSize*2)
	var wg sync.WaitGroup
	for _, s := range []string{a, b, a, b} {
		wg.Go(func() {
			if err := WriteFile(path, text(s)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	wantFolder(t, path, strings.Repeat(string(raw[:1]), len(a)), "x")
}

func TestWriteKeepingKeepsTheOneBefore(t *testing.T) {
	dir := t.TempDir()
	path, previous := filepath.Join(dir, "last"), filepath.Join(dir, "previous")
	write := func(v float32) {
		t.Helper()
		if err := WriteKeeping(path, previous, []Tensor{{Name: "w", Shape: []int{1}, Data: []float32{v}}}, nil); err != nil {
			t.Fatal(err)
		}
	}
	holds := func(path string, want float32) {
		t.Helper()
		if f, err := Read(path); err != nil || f.Tensors[0].Data[0] != want {
			t.Errorf("%s: %v, %v, want %g", path, f, err, want)
		}
	}
	write(1)
	if _, err := os.Stat(previous); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the first one was kept: %v", err)
	}
	write(2)
	holds(path, 2)
	holds(previous, 1)
	write(3)
	holds(path, 3)
	holds(previous, 2)
	if err := WriteKeeping(path, previous, []Tensor{{Name: "w", Shape: []int{2}}}, nil); err == nil {
		t.Error("wrote a tensor without its data")
	}
	holds(path, 3)
	holds(previous, 2)
}

func TestRemoveTempsLeavesEverythingElse(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{".last.safetensors.tmp-1", ".a.tmp-99", "last.safetensors", ".lock", "x.tmp-1"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := RemoveTemps(dir); err != nil {
		t.Fatal(err)
	}
	wantFolder(t, filepath.Join(dir, ".lock"), "", ".lock", "last.safetensors", "x.tmp-1")
}
