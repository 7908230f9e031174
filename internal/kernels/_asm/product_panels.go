package main

// panels writes product_panels_amd64.s: see toPanels.
func panels(f *file) {
	f.function("wholePanelsAVX2", "(panels, x []float32, rows, whole, stride, room int)", 0)
	f.op("MOVQ", f.arg("panels_base"), "DI")
	f.op("MOVQ", f.arg("x_base"), "SI")
	f.op("MOVQ", f.arg("room"), "R8")
	f.op("SHLQ", imm(7), "R8")
	f.op("MOVQ", f.arg("stride"), "R9")
	f.op("SHLQ", imm(2), "R9")
	f.op("MOVQ", f.arg("rows"), "CX")
	f.label("row")
	f.op("MOVQ", f.arg("whole"), "BX")
	f.op("MOVQ", "SI", "R10")
	f.op("MOVQ", "DI", "R11")
	f.label("panel")
	f.comment("32 values of this row; eight rows on, they are needed soon")
	for at := 0; at < 128; at += 64 {
		f.op("PREFETCHT0", mem(at, "R10", "R9", 8))
	}
	for i := range 4 {
		f.op("VMOVUPS", mem(32*i, "R10", "", 0), ymm.reg(i))
	}
	for i := range 4 {
		f.op("VMOVUPS", ymm.reg(i), mem(32*i, "R11", "", 0))
	}
	f.op("ADDQ", imm(128), "R10")
	f.op("ADDQ", "R8", "R11")
	f.op("DECQ", "BX")
	f.op("JNZ", "panel")
	f.op("ADDQ", "R9", "SI")
	f.op("ADDQ", imm(128), "DI")
	f.op("DECQ", "CX")
	f.op("JNZ", "row")
	f.ret()
}
