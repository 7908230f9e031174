package kernels

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// adviseHuge asks for large pages for those that s fills. It is
// advice: a system that has none to give leaves s as it is.
func adviseHuge(s []float32) {
	b := unsafe.Slice((*byte)(unsafe.Pointer(&s[0])), len(s)*float)
	skip := int(-uintptr(unsafe.Pointer(&b[0])) & (hugePage - 1))
	whole := (len(b) - skip) &^ (hugePage - 1)
	_ = unix.Madvise(b[skip:][:whole], unix.MADV_HUGEPAGE)
}
