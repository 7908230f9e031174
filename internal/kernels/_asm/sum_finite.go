package main

// allFinites writes sum_finite_amd64.s.
func allFinites(f *file) {
	allFinite(f, zmm, "zeroTimesAVX512")
	allFinite(f, ymm, "zeroTimesAVX2")
}

// allFinite writes a kernel that sums 0·x over whole vectors.
func allFinite(f *file, v vector, name string) {
	e := emitter{file: f, v: v}
	e.function(name, "(x []float32) (sum float32, done int)", 0)
	e.slices("x")
	e.zero(v, e.r(0))
	e.zero(v, e.r(1))
	e.loop("loop", func(e emitter) { e.op("VFMADD231PS", e.at(0), e.r(0), e.r(1)) }, 1)
	e.comment("the sum of all lanes, in any order: it is 0 or NaN")
	if v.evex {
		e.op("VEXTRACTF64X4", "$1", "Z1", "Y2")
		e.op("VADDPS", "Y2", "Y1", "Y1")
	}
	e.op("VEXTRACTF128", "$1", "Y1", "X2")
	e.op("VADDPS", "X2", "X1", "X1")
	e.op("VHADDPS", "X1", "X1", "X1")
	e.op("VHADDPS", "X1", "X1", "X1")
	e.op("VMOVSS", "X1", e.arg("sum"))
	e.ret()
}
