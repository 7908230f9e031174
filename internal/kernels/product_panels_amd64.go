//go:build !purego

package kernels

//go:noescape
func toPanelsAVX(dst, src *float32, dstPanel, srcRow, rows, panels int)

// panels32 copies rows to whole panels, fetching rows ahead of their turn.
func panels32(dst, x []float32, rows, whole, stride, room int) {
	_, _ = dst[(whole-1)*room*panel+rows*panel-1], x[(rows-1)*stride+whole*panel-1]
	toPanelsAVX(&dst[0], &x[0], room*panel*float, stride*float, rows, whole)
}
