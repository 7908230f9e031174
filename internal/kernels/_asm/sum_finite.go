package main

// allFinites writes sum_finite_amd64.s.
func allFinites(f *file) {
	allFinite(f, zmm, "allFiniteAVX512")
	allFinite(f, ymm, "allFiniteAVX2")
}

// allFinite writes a kernel that sums 0·x over n values, a whole number of vectors,
// lane by lane.
func allFinite(f *file, v vector, name string) {
	e := emitter{f, v}
	e.function("func "+name+"(sums, x *float32, n int)", name, 0, 24)
	e.op("MOVQ", "sums+0(FP)", "DI")
	e.op("MOVQ", "x+8(FP)", sliceRegs[0])
	e.op("MOVQ", "n+16(FP)", "CX")
	e.op("SHLQ", imm(2), "CX")
	e.zero(v, e.r(0))
	e.zero(v, e.r(1))
	e.op("XORQ", "AX", "AX")
	e.label("loop")
	e.op("CMPQ", "AX", "CX")
	e.op("JGE", "done")
	e.op("VFMADD231PS", e.at(0), e.r(0), e.r(1))
	e.op("ADDQ", imm(v.bytes()), "AX")
	e.op("JMP", "loop")
	e.label("done")
	e.op("VMOVUPS", e.r(1), "(DI)")
	e.ret()
}
