package kernels

import (
	"math/bits"
	"sync/atomic"
)

// spare holds scratch memory between calls: slices of 2^i values in spare[i].
var spare = func() (s [48]chan []float32) {
	for i := range s {
		s[i] = make(chan []float32, 16)
	}
	return
}()

// scratched is the number of values that takeScratch has allocated.
var scratched atomic.Int64

// ScratchMemory returns the bytes of memory that kernels have allocated for the time of their
// calls; later calls take it again.
func ScratchMemory() int64 { return float * scratched.Load() }

// takeScratch returns n values of undefined content. Return them with giveScratch.
func takeScratch(n int) []float32 {
	size := bits.Len(uint(max(n, 1) - 1))
	select {
	case s := <-spare[size]:
		return s[:n]
	default:
		scratched.Add(1 << size)
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
