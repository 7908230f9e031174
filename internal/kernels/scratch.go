package kernels

import "math/bits"

// spare holds scratch memory between calls: slices of 2^i values in spare[i].
var spare = func() (s [48]chan []float32) {
	for i := range s {
		s[i] = make(chan []float32, 16)
	}
	return
}()

// takeScratch returns n values of undefined content. Return them with giveScratch.
func takeScratch(n int) []float32 {
	size := bits.Len(uint(max(n, 1) - 1))
	select {
	case s := <-spare[size]:
		return s[:n]
	default:
		return Memory(1 << size)[:n]
	}
}

func giveScratch(s []float32) {
	if s == nil {
		return
	}
	select {
	case spare[bits.Len(uint(cap(s)-1))] <- s:
	default:
	}
}
