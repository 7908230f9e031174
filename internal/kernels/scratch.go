package kernels

import (
	"math/bits"
	"sync"
	"sync/atomic"
)

// spare holds scratch memory between calls: slices of 2^i values in spare[i], the one that was given last on
// top, since it is likely to be in a cache.
var spare [48]struct {
	sync.Mutex
	slices [16][]float32
	n      int
}

// scratched is the number of values that takeScratch has allocated.
var scratched atomic.Int64

// ScratchMemory returns the bytes of memory that kernels have allocated for the time of their
// calls; later calls take it again.
func ScratchMemory() int64 { return float * scratched.Load() }

// takeScratch returns n values of undefined content. Return them with giveScratch.
func takeScratch(n int) []float32 {
	size := bits.Len(uint(max(n, 1) - 1))
	of := &spare[size]
	of.Lock()
	if of.n > 0 {
		of.n--
		s := of.slices[of.n]
		of.slices[of.n] = nil
		of.Unlock()
		return s[:n]
	}
	of.Unlock()
	scratched.Add(1 << size)
	return Memory(1 << size)[:n]
}

func giveScratch(s []float32) {
	if s == nil {
		return
	}
	of := &spare[bits.Len(uint(cap(s)-1))]
	of.Lock()
	if of.n < len(of.slices) {
		of.slices[of.n] = s
		of.n++
	}
	of.Unlock()
}
