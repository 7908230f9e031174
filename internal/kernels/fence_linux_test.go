package kernels

import (
	"syscall"
	"testing"
	"unsafe"
)

// fence returns n values followed by memory that cannot be accessed.
func fence(t testing.TB, n int) []float32 {
	if n == 0 {
		return nil
	}
	page := syscall.Getpagesize()
	size := blocks(n*float, page) * page
	memory, err := syscall.Mmap(-1, 0, size+page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Munmap(memory); err != nil {
			t.Error(err)
		}
	})
	if err := syscall.Mprotect(memory[size:], syscall.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&memory[size-n*float])), n)
}
