package main

import "fmt"

// dropoutNEON writes elementwise_dropout_arm64.s, the kernel that dropper.keeps
// describes, for values whose counters start at counter.
func dropoutNEON(f *file) {
	const hash, shifted, value, counter, spare = 0, 1, 2, 3, 4
	const step, mul1, mul2, twist, threshold, scale = 8, 9, 10, 11, 12, 13
	e := emitter{file: f, v: neon}
	e.line("")
	e.line("// The numbers from 0 to 3.")
	for i := range 4 {
		e.line(fmt.Sprintf("DATA dropoutLanes<>+%d(SB)/4, $%d", 4*i, i))
	}
	e.line("GLOBL dropoutLanes<>(SB), RODATA|NOPTR, $16")
	e.function("dropoutNEON", "(out, x []float32, counter uint32, d *dropper) (done int)", 0)
	e.slices("out", "x")
	for _, c := range []struct {
		name string
		reg  int
	}{{"counterStep", step}, {"dropoutMul1", mul1}, {"dropoutMul2", mul2}} {
		e.op("MOVD", "$const_"+c.name, "R1")
		e.op("VDUP", "R1", v4(c.reg))
	}
	e.op("MOVWU", e.arg("counter"), "R1")
	e.op("VDUP", "R1", v4(counter))
	e.comment("the counters of the first vector are counter + step·lane")
	e.op("MOVD", "$dropoutLanes<>(SB)", "R1")
	e.file.load(spare, at(0, "R1"))
	e.three("mul", spare, spare, step)
	e.op("VADD", v4(spare), v4(counter), v4(counter))
	e.comment("those of each further one are step·lanes more")
	e.op("VSHL", imm(2), v4(step), v4(step))
	e.op("MOVD", e.arg("d"), "R1")
	for _, c := range []struct {
		field string
		reg   int
	}{{"twist", twist}, {"threshold", threshold}, {"scale", scale}} {
		e.op("MOVWU", "dropper_"+c.field+"(R1)", "R2")
		e.op("VDUP", "R2", v4(c.reg))
	}
	xorShifted := func(to, from, bits int) {
		e.op("VUSHR", imm(bits), v4(from), v4(shifted))
		e.op("VEOR", v16(shifted), v16(from), v16(to))
	}
	e.loop("loop", func(e emitter) {
		e.comment("hash = (counter ^ counter>>16)·mul1")
		xorShifted(hash, counter, 16)
		e.three("mul", hash, hash, mul1)
		e.comment("hash = ((hash ^ hash>>15) + twist)·mul2")
		xorShifted(hash, hash, 15)
		e.op("VADD", v4(twist), v4(hash), v4(hash))
		e.three("mul", hash, hash, mul2)
		e.comment("hash = (hash ^ hash>>16)>>1")
		xorShifted(hash, hash, 16)
		e.op("VUSHR", imm(1), v4(hash), v4(hash))
		e.comment("out = hash >= threshold ? x·scale : 0")
		e.load(value, 1)
		e.mul(value, value, scale)
		e.three("cmge", hash, hash, threshold)
		e.and(value, value, hash)
		e.store(0, value)
		e.op("VADD", v4(step), v4(counter), v4(counter))
	}, 2)
	e.ret()
}
