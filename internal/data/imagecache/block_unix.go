//go:build unix

package imagecache

import "golang.org/x/sys/unix"

// newBlock gets memory from the system, of zeros.
func newBlock(n int) ([]byte, error) {
	return unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
}

func releaseBlock(b []byte) { _ = unix.Munmap(b) } // memory that stays is no harm
