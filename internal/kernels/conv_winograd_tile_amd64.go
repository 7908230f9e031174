//go:build !purego

package kernels

//go:noescape
func winogradImageAVX512(t *winogradTile)

//go:noescape
func winogradImageAVX2(t *winogradTile)

//go:noescape
func winogradFilterAVX512(t *winogradTile)

//go:noescape
func winogradFilterAVX2(t *winogradTile)

//go:noescape
func winogradOutputAVX512(t *winogradTile)

//go:noescape
func winogradOutputAVX2(t *winogradTile)

//go:noescape
func winogradOutputGradAVX512(t *winogradTile)

//go:noescape
func winogradOutputGradAVX2(t *winogradTile)

//go:noescape
func winogradFilterGradAVX512(t *winogradTile)

//go:noescape
func winogradFilterGradAVX2(t *winogradTile)

// image: planes = Bᵀ·pixels·B with 6x6 pixels.
func (t *winogradTile) image() {
	if has(avx512) {
		winogradImageAVX512(t)
	} else if has(avx2) {
		winogradImageAVX2(t)
	} else {
		t.imageGeneric()
	}
}

// filter: planes = G·pixels·Gᵀ with the 3x3 taps of a filter.
func (t *winogradTile) filter() {
	if has(avx512) {
		winogradFilterAVX512(t)
	} else if has(avx2) {
		winogradFilterAVX2(t)
	} else {
		t.filterGeneric()
	}
}

// output: pixels = bias + Aᵀ·planes·A with 4x4 pixels; at least 0 with relu.
func (t *winogradTile) output() {
	if has(avx512) {
		winogradOutputAVX512(t)
	} else if has(avx2) {
		winogradOutputAVX2(t)
	} else {
		t.outputGeneric()
	}
}

// outputGrad: planes = A·pixels·Aᵀ with 4x4 pixels.
func (t *winogradTile) outputGrad() {
	if has(avx512) {
		winogradOutputGradAVX512(t)
	} else if has(avx2) {
		winogradOutputGradAVX2(t)
	} else {
		t.outputGradGeneric()
	}
}

// filterGrad: pixels = Gᵀ·planes·G with the 3x3 taps of a filter.
func (t *winogradTile) filterGrad() {
	if has(avx512) {
		winogradFilterGradAVX512(t)
	} else if has(avx2) {
		winogradFilterGradAVX2(t)
	} else {
		t.filterGradGeneric()
	}
}
