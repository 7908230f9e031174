package main

import "fmt"

// transposes writes product_transpose_amd64.s.
func transposes(f *file) {
	f.function("transpose8AVX2", "(dst, src []float32, dstRow, srcRow, blocks int)", 0)
	f.op("MOVQ", f.arg("dst_base"), "DI")
	f.op("MOVQ", f.arg("src_base"), "SI")
	f.op("MOVQ", f.arg("dstRow"), "R8")
	f.op("SHLQ", imm(2), "R8")
	f.op("MOVQ", f.arg("srcRow"), "R9")
	f.op("SHLQ", imm(2), "R9")
	f.op("MOVQ", f.arg("blocks"), "CX")
	f.op("LEAQ", "(R8)(R8*2)", "R10")
	f.op("LEAQ", "(R9)(R9*2)", "R11")
	row := func(low, high, step, step3 string, i int) string {
		base := low
		if i >= 4 {
			base = high
		}
		if i%4 == 3 {
			return mem(0, base, step3, 1)
		}
		return mem(0, base, step, i%4)
	}
	y := func(i int) string { return fmt.Sprintf("Y%d", i) }
	f.label("block")
	f.op("LEAQ", "(SI)(R9*4)", "DX")
	f.op("LEAQ", "(DI)(R8*4)", "BX")
	f.comment("Y0 to Y7 = eight rows of eight")
	for i := range 8 {
		f.op("VMOVUPS", row("SI", "DX", "R9", "R11", i), y(i))
	}
	f.comment("Y8 to Y15 = values of two rows, in turn")
	for i := 0; i < 8; i += 2 {
		f.op("VUNPCKLPS", y(i+1), y(i), y(8+i))
		f.op("VUNPCKHPS", y(i+1), y(i), y(9+i))
	}
	f.comment("Y0 to Y7 = columns of four rows")
	for i := 0; i < 8; i += 4 {
		f.op("VUNPCKLPD", y(10+i), y(8+i), y(i))
		f.op("VUNPCKHPD", y(10+i), y(8+i), y(i+1))
		f.op("VUNPCKLPD", y(11+i), y(9+i), y(i+2))
		f.op("VUNPCKHPD", y(11+i), y(9+i), y(i+3))
	}
	f.comment("Y8 to Y15 = columns of eight rows")
	for i := range 4 {
		f.op("VPERM2F128", "$0x20", y(4+i), y(i), y(8+i))
		f.op("VPERM2F128", "$0x31", y(4+i), y(i), y(12+i))
	}
	for i := range 8 {
		f.op("VMOVUPS", y(8+i), row("DI", "BX", "R8", "R10", i))
	}
	f.op("ADDQ", imm(32), "SI")
	f.op("LEAQ", "(DI)(R8*8)", "DI")
	f.op("DECQ", "CX")
	f.op("JNZ", "block")
	f.ret()
}
