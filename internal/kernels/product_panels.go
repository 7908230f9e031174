package kernels

// toPanels copies rows by cols values of x, with a row stride, to panels: the first 32
// columns row by row, then the next. Each panel has space for a given number of rows.
func toPanels(panels, x []float32, rows, cols, stride, room int) {
	whole := cols / panel
	if whole > 0 && rows > 0 {
		_, _ = panels[(whole-1)*room*panel+rows*panel-1], x[(rows-1)*stride+whole*panel-1]
		current().wholePanels(panels, x, rows, whole, stride, room)
	}
	for j := whole * panel; j < cols; j += panel {
		for i := range rows {
			copy(panels[j*room+i*panel:][:panel], x[i*stride+j:i*stride+cols])
		}
	}
}

// wholePanelsGeneric copies rows of so many whole panels.
func wholePanelsGeneric(panels, x []float32, rows, whole, stride, room int) {
	for i := range rows {
		for j := range whole {
			copy(panels[(j*room+i)*panel:][:panel], x[i*stride+j*panel:])
		}
	}
}
