package main

import "fmt"

// Layer normalization of rows of a whole number of sixteen values. Sums are of sixteen lanes, which
// are added up in halves, so that they have the same bits with all vectors.

// Registers of the kernels below; accumulators take as many from theirs on as sixteen values do.
const (
	layerSum     = 0 // accumulators
	layerSum2    = 8
	layerTemp    = 4
	layerOne     = 5
	layerMean    = 12
	layerScale   = 13 // 1/√(variance + epsilon)
	layerCount   = 14
	layerEpsilon = 15
)

// layerTemp2 is a second temporary register.
func (e emitter) layerTemp2() int {
	if e.v == neon {
		return 16
	}
	return 6
}

// layerNorms writes norm_layer_amd64.s.
func layerNorms(f *file) {
	layerNormsOf(emitter{file: f, v: zmm}, "AVX512")
	layerNormsOf(emitter{file: f, v: ymm}, "AVX2")
}

// layerNormsNEON writes norm_layer_arm64.s.
func layerNormsNEON(f *file) { layerNormsOf(emitter{file: f, v: neon}, "NEON") }

func layerNormsOf(e emitter, set string) {
	const sizes = " []float32, rows, width int, count, epsilon float32)"
	e.layerNorm("layerNorm"+set, "(out, x, gamma, beta"+sizes, []string{"out", "x", "gamma", "beta"}, 1, []int{0, 1}, func() {
		e.sixteens("write", []int{0, 1, 2, 3}, func(e emitter, _ int) {
			e.comment("out = (x - mean)·scale·gamma + beta")
			e.load(layerTemp, 1)
			e.sub(layerTemp, layerTemp, layerMean)
			e.mul(layerTemp, layerTemp, layerScale)
			e.mulAt(layerTemp, layerTemp, 2)
			e.addAt(layerTemp, layerTemp, 3)
			e.store(0, layerTemp)
		})
	})
	g := e.layerTemp2()
	scaled := func(e emitter) {
		e.load(g, 2)
		e.mulAt(g, g, 3)
		e.load(layerTemp, 1)
		e.sub(layerTemp, layerTemp, layerMean)
	}
	e.layerNorm("layerNormGrad"+set, "(dx, x, dy, gamma"+sizes, []string{"dx", "x", "dy", "gamma"}, 1, []int{0, 1, 2}, func() {
		e.clearSums(layerSum)
		e.clearSums(layerSum2)
		e.sixteens("sums", []int{1, 2, 3}, func(e emitter, k int) {
			e.comment("sums += g, g·(x - mean), where g = dy·gamma")
			scaled(e)
			e.add(layerSum+k, layerSum+k, g)
			e.mulAdd(layerSum2+k, g, layerTemp)
		})
		e.total(layerSum)
		e.total(layerSum2)
		e.div(layerSum, layerSum, layerCount)
		e.div(layerSum2, layerSum2, layerCount)
		e.mul(layerSum2, layerSum2, layerScale)
		e.mul(layerSum2, layerSum2, layerScale)
		e.sixteens("write", []int{0, 1, 2, 3}, func(e emitter, _ int) {
			e.comment("dx = (g - mean(g) - (x - mean)·mean(g·(x - mean))·scale²)·scale")
			scaled(e)
			e.sub(g, g, layerSum)
			e.mul(layerTemp, layerTemp, layerSum2)
			e.sub(g, g, layerTemp)
			e.mul(g, g, layerScale)
			e.store(0, g)
		})
	})
	e.layerNorm("layerNormGradSums"+set, "(dbeta, dgamma, x, dy"+sizes, []string{"dbeta", "dgamma", "x", "dy"}, 2, []int{2, 3}, func() {
		e.sixteens("write", []int{0, 1, 2, 3}, func(e emitter, _ int) {
			e.comment("dbeta += dy, dgamma += dy·(x - mean)·scale")
			e.load(layerTemp, 2)
			e.sub(layerTemp, layerTemp, layerMean)
			e.mul(layerTemp, layerTemp, layerScale)
			e.mulAt(layerTemp, layerTemp, 3)
			e.addAt(layerTemp, layerTemp, 1)
			e.store(1, layerTemp)
			e.load(layerTemp, 3)
			e.addAt(layerTemp, layerTemp, 0)
			e.store(0, layerTemp)
		})
	})
}

// layerNorm writes a function over rows: for each, mean and scale of slice x, then rest. Slices in
// each have a row for each; the others are one row.
func (e emitter) layerNorm(name, signature string, slices []string, x int, each []int, rest func()) {
	e.function(name, signature, 0)
	for i, s := range slices {
		e.op(e.word64("MOV"), e.arg(s+"_base"), e.pointer(i))
	}
	if e.v == neon {
		e.op("MOVD", e.arg("rows"), "R1")
		e.op("MOVD", e.arg("width"), "R19")
		e.op("LSL", imm(2), "R19", "R20")
	} else {
		e.op("MOVQ", e.arg("rows"), "BX")
		e.op("MOVQ", e.arg("width"), "CX")
		e.op("SHLQ", imm(2), "CX")
	}
	e.constant(layerCount, "count")
	e.constant(layerEpsilon, "epsilon")
	e.div(layerOne, layerCount, layerCount)
	e.label("row")
	e.clearSums(layerSum)
	e.sixteens("mean", []int{x}, func(e emitter, k int) { e.addAt(layerSum+k, layerSum+k, x) })
	e.total(layerSum)
	e.div(layerMean, layerSum, layerCount)
	e.clearSums(layerSum)
	e.sixteens("squares", []int{x}, func(e emitter, k int) {
		e.load(layerTemp, x)
		e.sub(layerTemp, layerTemp, layerMean)
		e.mulAdd(layerSum+k, layerTemp, layerTemp)
	})
	e.total(layerSum)
	e.div(layerSum, layerSum, layerCount)
	e.add(layerSum, layerSum, layerEpsilon)
	e.sqrt(layerSum, layerSum)
	e.div(layerScale, layerOne, layerSum)
	rest()
	for _, i := range each {
		if e.v == neon {
			e.op("ADD", "R20", e.pointer(i), e.pointer(i))
		} else {
			e.op("ADDQ", "CX", e.pointer(i))
		}
	}
	if e.v == neon {
		e.op("SUBS", imm(1), "R1", "R1")
		e.op("BNE", "row")
	} else {
		e.op("DECQ", "BX")
		e.op("JNZ", "row")
	}
	e.ret()
}

// word64 is the instruction of 8 bytes.
func (e emitter) word64(name string) string {
	if e.v == neon {
		return name + "D"
	}
	return name + "Q"
}

// vectors is how many hold sixteen values.
func (e emitter) vectors() int { return 16 / e.v.lanes }

func (e emitter) clearSums(from int) {
	for k := range e.vectors() {
		e.zeroed(from + k)
	}
}

// sixteens runs body for each vector k of each sixteen values of a row. The pointers of the slices
// are at the start of the row before and after.
func (e emitter) sixteens(label string, slices []int, body func(e emitter, k int)) {
	step := func() {
		for k := range e.vectors() {
			e.offset = k * e.v.bytes()
			body(e, k)
		}
	}
	if e.v != neon {
		e.op("XORQ", "AX", "AX")
		e.label("%s", label)
		step()
		e.op("ADDQ", imm(64), "AX")
		e.op("CMPQ", "AX", "CX")
		e.op("JLT", label)
		return
	}
	e.op("MOVD", "R19", "R0")
	e.label("%s", label)
	step()
	for _, i := range slices {
		e.op("ADD", imm(64), e.pointer(i), e.pointer(i))
	}
	e.op("SUBS", imm(16), "R0", "R0")
	e.op("BGT", label)
	for _, i := range slices {
		e.op("SUB", "R20", e.pointer(i), e.pointer(i))
	}
}

// total sets all lanes of register a to the sum of the sixteen lanes from it on: halves are added
// until one is left. It uses the temporary register.
func (e emitter) total(a int) {
	part := func(letter string, i int) string { return fmt.Sprintf("%s%d", letter, i) }
	switch {
	case e.v == neon:
		e.add(a, a, a+2)
		e.add(a+1, a+1, a+3)
		e.add(a, a, a+1)
		e.op("VEXT", imm(8), v16(a), v16(a), v16(layerTemp))
		e.add(a, a, layerTemp)
		e.op("VREV64", v4(a), v4(layerTemp))
		e.add(a, a, layerTemp)
		return
	case e.v.evex:
		e.op("VEXTRACTF64X4", imm(1), part("Z", a), part("Y", layerTemp))
		e.op("VADDPS", part("Y", layerTemp), part("Y", a), part("Y", a))
	default:
		e.add(a, a, a+1)
	}
	e.op("VEXTRACTF128", imm(1), part("Y", a), part("X", layerTemp))
	e.op("VADDPS", part("X", layerTemp), part("X", a), part("X", a))
	for _, halves := range []int{0x4e, 0xb1} {
		e.op("VPERMILPS", imm(halves), part("X", a), part("X", layerTemp))
		e.op("VADDPS", part("X", layerTemp), part("X", a), part("X", a))
	}
	e.op("VBROADCASTSS", part("X", a), e.r(a))
}
