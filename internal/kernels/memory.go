package kernels

// hugePage is the size of the larger pages that operating systems offer.
const hugePage = 2 << 20 // bytes

// Memory returns n zeros. Where they are many, it asks the operating system for
// large pages: a pass over hundreds of megabytes then misses fewer translations
// of addresses.
func Memory(n int) []float32 {
	s := make([]float32, n)
	if n*float >= 2*hugePage {
		adviseHuge(s)
	}
	return s
}
