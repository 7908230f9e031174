//go:build !purego

package kernels

//go:noescape
func transpose8AVX(dst, src *float32, dstRow, srcRow, blocks int)

// transpose8 computes dst[i,j] = src[j,i] for 8·blocks rows and 8 columns.
func transpose8(dst, src []float32, dstRow, srcRow, blocks int) {
	_, _ = dst[(8*blocks-1)*dstRow+7], src[7*srcRow+8*blocks-1]
	transpose8AVX(&dst[0], &src[0], dstRow*float, srcRow*float, blocks)
}
