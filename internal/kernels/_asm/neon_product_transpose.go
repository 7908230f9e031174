package main

import "fmt"

// transposeNEON writes product_transpose_arm64.s.
func transposeNEON(f *file) {
	f.function("transpose8NEON", "(dst, src []float32, dstRow, srcRow, blocks int)", 0)
	f.op("MOVD", f.arg("dst_base"), "R0")
	f.op("MOVD", f.arg("src_base"), "R1")
	f.op("MOVD", f.arg("dstRow"), "R2")
	f.op("LSL", imm(2), "R2", "R2")
	f.op("MOVD", f.arg("srcRow"), "R3")
	f.op("LSL", imm(2), "R3", "R3")
	f.op("MOVD", f.arg("blocks"), "R4")
	f.label("block")
	f.comment("V0 to V15 = eight rows of eight, two registers each")
	f.op("MOVD", "R1", "R5")
	for i := range 8 {
		f.op("FLDPQ", at(0, "R5"), pair(2*i))
		if i < 7 {
			f.op("ADD", "R3", "R5", "R5")
		}
	}
	// quarter stores columns 4h to 4h+3 of rows 4v to 4v+3 in four registers, the first being to.
	quarter := func(h, v, to int) {
		row := func(i int) int { return 2*(4*v+i) + h }
		for i := 0; i < 4; i += 2 {
			f.op("VTRN1", v4(row(i+1)), v4(row(i)), v4(24+i))
			f.op("VTRN2", v4(row(i+1)), v4(row(i)), v4(25+i))
		}
		for i := range 2 {
			f.op("VTRN1", v2(26+i), v2(24+i), v2(to+i))
			f.op("VTRN2", v2(26+i), v2(24+i), v2(to+2+i))
		}
	}
	for h := range 2 {
		f.comment("V16 to V23 = columns %d to %d of rows 0 to 3, then of rows 4 to 7", 4*h, 4*h+3)
		quarter(h, 0, 16)
		quarter(h, 1, 20)
		for i := range 4 {
			f.op("FSTPQ", fmt.Sprintf("(F%d, F%d)", 16+i, 20+i), at(0, "R0"))
			f.op("ADD", "R2", "R0", "R0")
		}
	}
	f.op("ADD", imm(32), "R1", "R1")
	f.op("SUBS", imm(1), "R4", "R4")
	f.op("BNE", "block")
	f.op("RET")
}

// pair names registers i and i+1.
func pair(i int) string { return fmt.Sprintf("(F%d, F%d)", i, i+1) }
