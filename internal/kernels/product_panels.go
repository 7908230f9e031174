package kernels

// toPanels copies rows by cols values of x, rows stride values apart, to panels: the
// first 32 columns row by row, then the next. There is room for so many rows in
// each panel.
func toPanels(panels, x []float32, rows, cols, stride, room int) {
	whole := 0
	if has(avx2) && cols >= panel && rows > 0 {
		whole = cols / panel
		panels32(panels, x, rows, whole, stride, room)
	}
	for j := whole * panel; j < cols; j += panel {
		for i := range rows {
			copy(panels[j*room+i*panel:][:panel], x[i*stride+j:i*stride+cols])
		}
	}
}
