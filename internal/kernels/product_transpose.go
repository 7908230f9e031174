package kernels

// transpose computes dst[i,j] = src[j,i] for rows by cols values of dst. Rows
// start dstRow and srcRow values apart.
func transpose(dst, src []float32, rows, cols, dstRow, srcRow int) {
	eights := 0
	if has(avx2) && rows >= 8 {
		for ; eights+8 <= cols; eights += 8 {
			transpose8(dst[eights:], src[eights*srcRow:], dstRow, srcRow, rows/8)
		}
		if rest := rows / 8 * 8; rest < rows && eights > 0 {
			transposeGeneric(dst[rest*dstRow:], src[rest:], rows-rest, eights, dstRow, srcRow)
		}
	}
	if eights < cols {
		transposeGeneric(dst[eights:], src[eights*srcRow:], rows, cols-eights, dstRow, srcRow)
	}
}
