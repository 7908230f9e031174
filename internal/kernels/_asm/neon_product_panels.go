package main

// panelsNEON writes product_panels_arm64.s: see toPanels.
func panelsNEON(f *file) {
	f.function("wholePanelsNEON", "(panels, x []float32, rows, whole, stride, room int)", 0)
	f.op("MOVD", f.arg("panels_base"), "R0")
	f.op("MOVD", f.arg("x_base"), "R1")
	f.op("MOVD", f.arg("room"), "R2")
	f.op("LSL", imm(7), "R2", "R2")
	f.op("MOVD", f.arg("stride"), "R3")
	f.op("LSL", imm(2), "R3", "R3")
	f.op("MOVD", f.arg("rows"), "R4")
	f.label("row")
	f.op("MOVD", f.arg("whole"), "R5")
	f.op("MOVD", "R1", "R6")
	f.op("MOVD", "R0", "R7")
	f.label("panel")
	f.comment("32 values of this row")
	for i := 0; i < 8; i += 2 {
		f.op("FLDPQ", at(16*i, "R6"), pair(i))
	}
	for i := 0; i < 8; i += 2 {
		f.op("FSTPQ", pair(i), at(16*i, "R7"))
	}
	f.op("ADD", imm(128), "R6", "R6")
	f.op("ADD", "R2", "R7", "R7")
	f.op("SUBS", imm(1), "R5", "R5")
	f.op("BNE", "panel")
	f.op("ADD", "R3", "R1", "R1")
	f.op("ADD", imm(128), "R0", "R0")
	f.op("SUBS", imm(1), "R4", "R4")
	f.op("BNE", "row")
	f.op("RET")
}
