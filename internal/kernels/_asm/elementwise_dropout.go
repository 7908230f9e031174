package main

// dropouts writes elementwise_dropout_amd64.s.
func dropouts(f *file) {
	dropout(emitter{f, zmm}, "dropoutAVX512")
	dropout(emitter{f, ymm}, "dropoutAVX2")
}

// dropout writes the kernel that dropper.keeps describes, for n values.
func dropout(e emitter, name string) {
	const counter, hash, shifted, value = 0, 1, 2, 3
	const step, mul1, mul2, twist, threshold, scale = 8, 9, 10, 11, 12, 13
	e.function("func "+name+"(out, x *float32, n int, counters *lanes, d *dropper)", name, 0, 40)
	e.op("MOVQ", "out+0(FP)", sliceRegs[0])
	e.op("MOVQ", "x+8(FP)", sliceRegs[1])
	e.op("MOVQ", "n+16(FP)", "CX")
	e.op("MOVQ", "counters+24(FP)", "BX")
	e.op("MOVQ", "d+32(FP)", "DX")
	e.op("VMOVUPS", "(BX)", e.r(counter))
	for _, c := range []struct {
		name string
		reg  int
	}{{"counterStep", step}, {"dropoutMul1", mul1}, {"dropoutMul2", mul2}} {
		e.op("MOVL", "$const_"+c.name, "AX")
		e.op("VMOVD", "AX", "X"+e.r(c.reg)[1:])
		e.op("VPBROADCASTD", "X"+e.r(c.reg)[1:], e.r(c.reg))
	}
	e.comment("the counters of a vector are those of the last one + lanes·step")
	e.op("VPSLLD", imm(map[int]int{8: 3, 16: 4}[e.v.lanes]), e.r(step), e.r(step))
	e.op("VPBROADCASTD", "dropper_twist(DX)", e.r(twist))
	e.op("VPBROADCASTD", "dropper_threshold(DX)", e.r(threshold))
	e.op("VBROADCASTSS", "dropper_scale(DX)", e.r(scale))
	xor := func(to, a, b int) {
		if e.v.evex {
			e.op("VPXORD", e.r(b), e.r(a), e.r(to))
		} else {
			e.op("VPXOR", e.r(b), e.r(a), e.r(to))
		}
	}
	e.op("SHLQ", imm(2), "CX")
	e.op("XORQ", "AX", "AX")
	e.label("loop")
	e.op("CMPQ", "AX", "CX")
	e.op("JGE", "done")
	e.comment("hash = (counter ^ counter>>16)·mul1")
	e.op("VPSRLD", imm(16), e.r(counter), e.r(shifted))
	xor(hash, counter, shifted)
	e.op("VPMULLD", e.r(mul1), e.r(hash), e.r(hash))
	e.comment("hash = ((hash ^ hash>>15) + twist)·mul2")
	e.op("VPSRLD", imm(15), e.r(hash), e.r(shifted))
	xor(hash, hash, shifted)
	e.op("VPADDD", e.r(twist), e.r(hash), e.r(hash))
	e.op("VPMULLD", e.r(mul2), e.r(hash), e.r(hash))
	e.comment("hash = (hash ^ hash>>16)>>1")
	e.op("VPSRLD", imm(16), e.r(hash), e.r(shifted))
	xor(hash, hash, shifted)
	e.op("VPSRLD", imm(1), e.r(hash), e.r(hash))
	e.comment("out = hash >= threshold ? x·scale : 0")
	e.load(value, 1)
	e.mul(value, value, scale)
	if e.v.evex {
		e.op("VPCMPD", "$5", e.r(threshold), e.r(hash), "K1")
		e.op("VMOVAPS.Z", e.r(value), "K1", e.r(value))
	} else {
		e.op("VPCMPGTD", e.r(hash), e.r(threshold), e.r(hash))
		e.op("VANDNPS", e.r(value), e.r(hash), e.r(value))
	}
	e.store(0, value)
	e.op("VPADDD", e.r(step), e.r(counter), e.r(counter))
	e.op("ADDQ", imm(e.v.bytes()), "AX")
	e.op("JMP", "loop")
	e.label("done")
	e.ret()
}
