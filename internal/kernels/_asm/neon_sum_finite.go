package main

// zeroTimesNEON writes sum_finite_arm64.s: a kernel that sums 0·x over whole vectors.
func zeroTimesNEON(f *file) {
	e := emitter{file: f, v: neon}
	e.function("zeroTimesNEON", "(x []float32) (sum float32, done int)", 0)
	e.slices("x")
	const zero, x, sum = 0, 1, 2
	f.clear(zero)
	for i := range neonUnrolled {
		f.clear(sum + i)
	}
	e.loop("loop", func(e emitter) {
		e.load(x, 0)
		e.three("fmla", sum+e.offset/16, x, zero)
	}, 1)
	f.comment("the sum of all lanes, in any order: it is 0 or NaN")
	for i := 1; i < neonUnrolled; i++ {
		f.three("fadd", sum, sum, sum+i)
	}
	f.word(0x6E20D400|sum<<16|sum<<5|sum, "faddp v%d.4s, v%d.4s, v%d.4s", sum, sum, sum)
	f.word(0x6E20D400|sum<<16|sum<<5|sum, "faddp v%d.4s, v%d.4s, v%d.4s", sum, sum, sum)
	f.op("FMOVS", float(sum), f.arg("sum"))
	f.op("RET")
}

// multiplyAddsNEON writes cpu_peak_arm64.s: only fused multiply-adds, with enough accumulators
// to keep all FMA units of a core busy.
func multiplyAddsNEON(f *file) {
	const sums = 24 // as cpu_neon_arm64.go says
	f.function("multiplyAddsNEON", "(rounds int)", 0)
	f.op("MOVD", f.arg("rounds"), "R0")
	for i := range sums + 2 {
		f.clear(i)
	}
	f.label("loop")
	for i := range sums {
		f.three("fmla", i, sums, sums+1)
	}
	f.op("SUBS", imm(1), "R0", "R0")
	f.op("BNE", "loop")
	f.op("RET")
}
