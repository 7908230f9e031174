package kernels

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
