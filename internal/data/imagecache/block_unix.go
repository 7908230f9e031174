//go:build unix

package imagecache

import "golang.org/x/sys/unix"

// newBlock allocates zeroed memory from the system.
func newBlock(n int) ([]byte, error) {
	return unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
}

func releaseBlock(b []byte) { _ = unix.Munmap(b) } // an error only leaks memory
