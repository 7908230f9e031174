//go:build !purego

package kernels

//go:noescape
func allFiniteAVX512(sums, x *float32, n int)

//go:noescape
func allFiniteAVX2(sums, x *float32, n int)

// zeroTimesFast is zeroTimes of the first values of x; it also returns how many.
func zeroTimesFast(x []float32) (sum float32, done int) {
	n := vectors(len(x))
	if n == 0 {
		return 0, 0
	}
	var sums [16]float32
	if has(avx512) {
		allFiniteAVX512(&sums[0], &x[0], n)
	} else {
		allFiniteAVX2(&sums[0], &x[0], n)
	}
	for _, s := range sums {
		sum += s
	}
	return sum, n
}
