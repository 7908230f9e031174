package kernels

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// adviseHuge requests huge pages for the whole ones within s. The system may ignore that.
func adviseHuge(s []float32) {
	b := unsafe.Slice((*byte)(unsafe.Pointer(&s[0])), len(s)*float)
	skip := int(-uintptr(unsafe.Pointer(&b[0])) & uintptr(hugePage-1))
	whole := (len(b) - skip) &^ (hugePage - 1)
	_ = unix.Madvise(b[skip:][:whole], unix.MADV_HUGEPAGE)
}
