//go:build !purego

package kernels

//go:noescape
func tile32AVX512(t *tile)

//go:noescape
func tile16AVX512(t *tile)

//go:noescape
func tile8AVX512(t *tile)

//go:noescape
func tile16AVX2(t *tile)

//go:noescape
func tile8AVX2(t *tile)

// run computes a tile of at most tileSize rows and columns.
func (t *tile) run() {
	if has(avx512) {
		if t.cols > 16 {
			tile32AVX512(t)
		} else if t.cols > 8 {
			tile16AVX512(t)
		} else {
			tile8AVX512(t)
		}
	} else if has(avx2) {
		if t.cols == 16 {
			tile16AVX2(t)
		} else {
			tile8AVX2(t)
		}
	} else {
		t.runGeneric()
	}
}
