package main

// The number of values that addScaled processes is a multiple of addScaledValues with all
// instruction sets, so that the remainder, which is rounded after each operation, is the same.
const addScaledValues = 16

const addScaledSignature = "(y, rows, next []float32, a *float32, width, pixels, aNext int, all bool) (done int)"

// addScaled writes y[i] += rows[0]·a[i][0] + ... + rows[3]·a[i][3], added in this order, for each of
// the pixels i: rows of y and the four rows have width values, the values a of pixels are aNext apart.
// It prefetches next, which is read after the rows: a row of it with each two pixels, or four rows at
// once if all is set.
func addScaled(e emitter, name string) {
	const y, rows, next, y2, a = "R8", 1, "R13", "R15", "SI" // rows are R9 to R12
	e.function(name, addScaledSignature, 0)
	e.op("MOVQ", e.arg("y_base"), y)
	e.op("MOVQ", e.arg("rows_base"), sliceRegs[rows])
	e.op("MOVQ", e.arg("next_base"), next)
	e.op("MOVQ", e.arg("a"), a)
	e.op("MOVQ", e.arg("width"), "DX")
	e.op("MOVQ", e.arg("pixels"), "BX")
	e.op("MOVQ", e.arg("aNext"), "DI")
	e.op("SHLQ", imm(2), "DI")
	e.op("MOVQ", "DX", "CX")
	e.op("ANDQ", imm(-addScaledValues), "CX")
	e.op("MOVQ", "CX", e.arg("done"))
	e.op("SHLQ", imm(2), "CX")
	e.op("SHLQ", imm(2), "DX")
	for i := range 3 {
		e.op("LEAQ", mem(0, sliceRegs[rows+i], "DX", 1), sliceRegs[rows+i+1])
	}
	step := func(label string, pixels int) {
		for i := range 4 {
			e.op("VBROADCASTSS", mem(4*i, a, "", 0), e.r(6+i))
			if pixels == 2 {
				e.op("VBROADCASTSS", mem(4*i, a, "DI", 1), e.r(10+i))
			}
		}
		body := func(e emitter) {
			e.load(0, 0)
			if pixels == 2 {
				e.op("VMOVUPS", mem(0, y2, "AX", 1), e.r(1))
			}
			for i := range 4 {
				e.load(2+i, rows+i)
				e.op("VFMADD231PS", e.r(2+i), e.r(6+i), e.r(0))
				if pixels == 2 {
					e.op("VFMADD231PS", e.r(2+i), e.r(10+i), e.r(1))
				}
			}
			e.store(0, 0)
			if pixels == 2 {
				e.op("VMOVUPS", e.r(1), mem(0, y2, "AX", 1))
			}
		}
		e.op("CMPQ", e.arg("next_len"), imm(0))
		e.op("JLE", label+"Plain")
		e.op("CMPB", e.arg("all"), imm(0))
		e.op("JNE", label+"All")
		e.loop(label+"Fetch", func(e emitter) {
			e.op("PREFETCHT0", mem(0, next, "AX", 1))
			body(e)
		}, 0)
		e.op("ADDQ", "DX", next)
		e.op("MOVQ", e.arg("width"), "AX")
		e.op("SUBQ", "AX", e.arg("next_len"))
		e.op("JMP", label+"Next")
		e.label("%sAll", label)
		e.loop(label+"FetchAll", func(e emitter) {
			for i := 0; i < 4*e.v.bytes(); i += 64 {
				e.op("PREFETCHT0", mem(i, next, "AX", 4))
			}
			body(e)
		}, 0)
		e.op("MOVQ", imm(0), e.arg("next_len"))
		e.op("JMP", label+"Next")
		e.label("%sPlain", label)
		e.loop(label+"Loop", body, 0)
		e.label("%sNext", label)
	}
	e.label("pairs")
	e.op("CMPQ", "BX", imm(2))
	e.op("JLT", "last")
	e.op("LEAQ", mem(0, y, "DX", 1), y2)
	step("pair", 2)
	e.op("LEAQ", mem(0, y, "DX", 2), y)
	e.op("LEAQ", mem(0, a, "DI", 2), a)
	e.op("SUBQ", imm(2), "BX")
	e.op("JMP", "pairs")
	e.label("last")
	e.op("TESTQ", "BX", "BX")
	e.op("JZ", "end")
	step("one", 1)
	e.label("end")
	e.ret()
}

// addScaledNEON writes addScaled, without software prefetch. R3 points to y, R4 to R7 to the rows,
// R8 to the second pixel of y.
func addScaledNEON(f *file) {
	e := emitter{file: f, v: neon}
	e.function("addScaledNEON", addScaledSignature, 0)
	e.op("MOVD", e.arg("y_base"), "R3")
	e.op("MOVD", e.arg("rows_base"), "R4")
	e.op("MOVD", e.arg("a"), "R9")
	e.op("MOVD", e.arg("width"), "R10")
	e.op("MOVD", e.arg("pixels"), "R11")
	e.op("MOVD", e.arg("aNext"), "R12")
	e.op("AND", imm(-addScaledValues), "R10", "R13")
	e.op("MOVD", "R13", e.arg("done"))
	for i := range 3 {
		e.op("ADD", "R10<<2", e.pointer(1+i), e.pointer(2+i))
	}
	step := func(label string, pixels int) {
		e.file.load(8, at(0, "R9"))
		if pixels == 2 {
			e.op("ADD", "R12<<2", "R9", "R14")
			e.file.load(9, at(0, "R14"))
		}
		e.op("MOVD", "R13", "R0")
		e.loop(label, func(e emitter) {
			e.load(0, 0)
			if pixels == 2 {
				e.load(1, 5)
			}
			for i := range 4 {
				e.load(2+i, 1+i)
				e.fmlaLane(0, 2+i, 8, i)
				if pixels == 2 {
					e.fmlaLane(1, 2+i, 9, i)
				}
			}
			e.store(0, 0)
			if pixels == 2 {
				e.store(5, 1)
			}
		}, 4+pixels)
		for i := range 4 + pixels {
			e.op("SUB", "R13<<2", e.pointer(i), e.pointer(i))
		}
	}
	e.label("pairs")
	e.op("CMP", imm(2), "R11")
	e.op("BLT", "last")
	e.op("ADD", "R10<<2", "R3", "R8")
	step("pair", 2)
	e.op("ADD", "R10<<3", "R3", "R3")
	e.op("ADD", "R12<<3", "R9", "R9")
	e.op("SUB", imm(2), "R11", "R11")
	e.op("B", "pairs")
	e.label("last")
	e.op("CBZ", "R11", "end")
	step("one", 1)
	e.label("end")
	e.ret()
}
