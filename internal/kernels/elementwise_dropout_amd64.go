//go:build !purego

package kernels

// lanes are the counters of the first vector.
type lanes [16]uint32

//go:noescape
func dropoutAVX512(out, x *float32, n int, counters *lanes, d *dropper)

//go:noescape
func dropoutAVX2(out, x *float32, n int, counters *lanes, d *dropper)

// fast handles the first values of out and x, whose places in the whole begin at
// first, and returns how many.
func (d *dropper) fast(out, x []float32, first int) int {
	n := vectors(len(out), len(x))
	if n == 0 {
		return 0
	}
	var counters lanes
	for i := range counters {
		counters[i] = d.start + uint32(first+i)*counterStep
	}
	if has(avx512) {
		dropoutAVX512(&out[0], &x[0], n, &counters, d)
	} else {
		dropoutAVX2(&out[0], &x[0], n, &counters, d)
	}
	return n
}
