package commtest

import "unsafe"

// asBytes is the memory of values.
func asBytes(values []float64) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(values))), 8*len(values))
}
