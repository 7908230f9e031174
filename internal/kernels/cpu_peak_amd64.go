//go:build !purego

package kernels

//go:noescape
func multiplyAddsAVX512(rounds int)

//go:noescape
func multiplyAddsAVX2(rounds int)

func multiplyAdds(rounds int) {
	if has(avx512) {
		multiplyAddsAVX512(rounds)
	} else if has(avx2) {
		multiplyAddsAVX2(rounds)
	} else {
		multiplyAddsGeneric(rounds)
	}
}

// flopsPerRound counts sums times lanes times two: 24 of 16, 12 of 8, 8 of 1.
func flopsPerRound() int {
	if has(avx512) {
		return 24 * 16 * 2
	} else if has(avx2) {
		return 12 * 8 * 2
	}
	return 8 * 2
}
