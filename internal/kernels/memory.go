package kernels

import "os"

// hugePage is the size of huge pages in bytes: what one page table maps. It is 2 MB
// with pages of 4 kB, on amd64 and most of arm64, 32 MB with 16 kB (Raspberry Pi 5, Asahi)
// and 512 MB with 64 kB.
var hugePage = hugePageOf(os.Getpagesize())

// hugePageOf is the size of a table, a page of addresses of 8 bytes, times that of a page.
func hugePageOf(page int) int { return page / 8 * page }

// Memory returns n zeros. For large n it requests huge pages, which reduce TLB misses in
// passes over hundreds of megabytes.
func Memory(n int) []float32 {
	s := make([]float32, n)
	if n*float >= 2*hugePage {
		adviseHuge(s)
	}
	return s
}
