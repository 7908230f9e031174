package checkpoint

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
)

// asNobody gives this thread the file system rights of an unprivileged user, so that modes
// matter even if tests run as root. The thread ends with the test. It returns whether modes
// matter.
func asNobody() bool {
	if os.Geteuid() != 0 {
		return true
	}
	runtime.LockOSThread()
	const nobody = 65534
	_, _, _ = syscall.RawSyscall(syscall.SYS_SETFSUID, nobody, 0, 0)
	now, _, _ := syscall.RawSyscall(syscall.SYS_SETFSUID, nobody, 0, 0)
	return now == nobody
}

func TestReadOnlyFolderAndUnreadableFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	path := filepath.Join(dir, "x")
	secret := filepath.Join(dir, "secret")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(secret, nil, 0); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(dir, 0o755) })
	done := make(chan struct{})
	go func() { // a goroutine of its own, because its thread is not reused
		defer close(done)
		if !asNobody() {
			t.Log("not tested: this system does not let root act as another user")
			return
		}
		err := WriteFile(path, text("new"))
		wantError(t, err, path+": cannot write: permission denied; make the folder "+dir+" writable or choose another")
		if !errors.Is(err, fs.ErrPermission) {
			t.Errorf("errors.Is does not see fs.ErrPermission in %v", err)
		}
		_, err = Read(secret)
		wantError(t, err, secret+": permission denied")
	}()
	<-done
	wantFolder(t, path, "old", "secret", "x")
}

func TestModeIs0644LessTheUmask(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	old := syscall.Umask(0o027)
	defer syscall.Umask(old)
	if err := WriteFile(path, text("x")); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o640 {
		t.Errorf("mode is %o, want 640", got)
	}
}

// smallDisk mounts a file system of 64 kB at dir, for this thread alone, which must end
// with the test. It returns whether that succeeded.
func smallDisk(dir string) bool {
	runtime.LockOSThread()
	return syscall.Unshare(syscall.CLONE_NEWNS) == nil &&
		syscall.Mount("", "/", "", syscall.MS_PRIVATE|syscall.MS_REC, "") == nil &&
		syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k") == nil
}

func TestFullDiskKeepsTheOldFile(t *testing.T) {
	dir := t.TempDir()
	done := make(chan struct{})
	go func() {
		defer close(done)
		if !smallDisk(dir) {
			t.Log("not tested: this system does not let us mount a small disk")
			return
		}
		path := filepath.Join(dir, "last.safetensors")
		small, large := make([]float32, 8<<10), make([]float32, 14<<10) // 32 kB, 56 kB
		if err := Write(path, []Tensor{{"w", []int{len(small)}, small}}, nil); err != nil {
			t.Error(err)
		}
		err := Write(path, []Tensor{{"w", []int{len(large)}, large}}, nil)
		wantError(t, err, path+": cannot write: no space left on device; free some space")
		f, err := Read(path)
		if err != nil {
			t.Error(err)
			return
		}
		wantSame(t, f, &File{Tensors: []Tensor{{"w", []int{len(small)}, small}}})
		if names, err := os.ReadDir(dir); err != nil || len(names) != 1 {
			t.Errorf("the folder holds %v %v, want one file", names, err)
		}
	}()
	<-done
}
