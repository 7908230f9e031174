package kernels

// hugePage is the size of huge pages.
const hugePage = 2 << 20 // bytes

// Memory returns n zeros. For large n it requests huge pages, which reduce TLB misses in
// passes over hundreds of megabytes.
func Memory(n int) []float32 {
	s := make([]float32, n)
	if n*float >= 2*hugePage {
		adviseHuge(s)
	}
	return s
}
