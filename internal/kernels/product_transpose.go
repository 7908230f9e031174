package kernels

// transpose computes dst[i,j] = src[j,i] for rows by cols values of dst. dstRow and srcRow
// are row strides in values.
func transpose(dst, src []float32, rows, cols, dstRow, srcRow int) {
	eights := 0
	if whole := rows / 8; whole > 0 {
		for ; eights+8 <= cols; eights += 8 {
			to, from := dst[eights:], src[eights*srcRow:]
			_, _ = to[(8*whole-1)*dstRow+7], from[7*srcRow+8*whole-1]
			current().transpose8(to, from, dstRow, srcRow, whole)
		}
		if rest := rows / 8 * 8; rest < rows && eights > 0 {
			transposeGeneric(dst[rest*dstRow:], src[rest:], rows-rest, eights, dstRow, srcRow)
		}
	}
	if eights < cols {
		transposeGeneric(dst[eights:], src[eights*srcRow:], rows, cols-eights, dstRow, srcRow)
	}
}

func transposeGeneric(dst, src []float32, rows, cols, dstRow, srcRow int) {
	for i := range rows {
		to := dst[i*dstRow:][:cols]
		at := i
		for j := range to {
			to[j] = src[at]
			at += srcRow
		}
	}
}
