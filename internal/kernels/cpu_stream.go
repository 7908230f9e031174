package kernels

import "unsafe"

// streamFrom is the number of values from which on outputs are written past the caches, 12 MB. A store to a
// line that is in no cache first reads the line from memory; a store past the caches does not, but the
// kernel that follows then reads it from memory. Measured with 64 MB of third-level cache: batch
// normalization is 1.3 times as fast from 12 MB on, and models with outputs of 8 MB are up to 4% slower.
// Products gain nothing: the lines of a tile lie in too many rows.
var streamFrom = 3 << 20

// writing is the set in use for functions that write out, all parts of it: of large outputs, the set whose
// functions write past the caches, with the same results. Not if out is one of in: its lines are in the caches
// when they are written.
//
// Other threads see what was written when a part of a loop is done: its atomic addition is a locked
// instruction, which waits for such stores.
func writing(out []float32, in ...[]float32) *instructionSet {
	s := current()
	if s.streaming == nil || len(out) < streamFrom {
		return s
	}
	for _, x := range in {
		if &x[0] == &out[0] {
			return s
		}
	}
	return s.streaming
}

// between is memory for the values of a part of an output after the first of two passes over it: that
// part, or scratch memory if the second one, by functions of set, writes past the caches.
func between(set *instructionSet, part []float32) (values, scratch []float32) {
	if set == current() {
		return part, nil
	}
	scratch = takeScratch(len(part))
	return scratch, scratch
}

// streams reports whether functions that require whole, aligned lines of the cache may write out past the
// caches: if out is large, begins with a line, and consists of rows of whole lines.
func streams(out []float32, row int) bool {
	return writing(out) != current() && row%cacheLine == 0 && uintptr(unsafe.Pointer(&out[0]))%(cacheLine*float) == 0
}
