package main

import "fmt"

// dropouts writes elementwise_dropout_amd64.s.
func dropouts(f *file) {
	f.line("")
	f.line("// The numbers from 0 to 15.")
	for i := range 16 {
		f.line(fmt.Sprintf("DATA dropoutLanes<>+%d(SB)/4, $%d", 4*i, i))
	}
	f.line("GLOBL dropoutLanes<>(SB), RODATA|NOPTR, $64")
	dropout(emitter{file: f, v: zmm}, "dropoutAVX512")
	dropout(emitter{file: f, v: ymm}, "dropoutAVX2")
}

// dropout writes the kernel that dropper.keeps describes, for values whose counters
// start at counter.
func dropout(e emitter, name string) {
	const lanes, hash, shifted, value, counter = 0, 1, 2, 3, 4
	const step, mul1, mul2, twist, threshold, scale = 8, 9, 10, 11, 12, 13
	e.function(name, "(out, x []float32, counter uint32, d *dropper) (done int)", 0)
	e.slices("out", "x")
	e.op("MOVQ", e.arg("d"), "DX")
	for _, c := range []struct {
		name string
		reg  int
	}{{"counterStep", step}, {"dropoutMul1", mul1}, {"dropoutMul2", mul2}} {
		e.op("MOVL", "$const_"+c.name, "AX")
		e.op("VMOVD", "AX", "X"+e.r(c.reg)[1:])
		e.op("VPBROADCASTD", "X"+e.r(c.reg)[1:], e.r(c.reg))
	}
	e.comment("the counters of the first vector are counter + step·lane")
	e.op("VMOVUPS", "dropoutLanes<>(SB)", e.r(lanes))
	e.op("VPMULLD", e.r(step), e.r(lanes), e.r(lanes))
	e.op("MOVL", e.arg("counter"), "AX")
	e.op("VMOVD", "AX", "X"+e.r(counter)[1:])
	e.op("VPBROADCASTD", "X"+e.r(counter)[1:], e.r(counter))
	e.op("VPADDD", e.r(lanes), e.r(counter), e.r(counter))
	e.comment("those of each further one are step·lanes more")
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
	e.loop("loop", func(e emitter) {
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
	}, 2)
	e.ret()
}
