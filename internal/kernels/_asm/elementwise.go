package main

import "strings"

// An elementwise kernel computes each value from those with the same index. It processes
// the values that fill whole vectors and returns their number.
type elementwise struct {
	name      string
	slices    []string // in R8, R9, ...
	constants []string // in registers 8, 9, ...
	body      func(e emitter)
	flag      string // name of the bool argument that selects another body; empty: none
	flagged   func(e emitter)
}

// elementwiseKernels round after each operation, as the plain Go kernels do, so
// that both give the same bits.
var elementwiseKernels = []elementwise{
	{name: "relu", slices: []string{"out", "x"}, body: func(e emitter) {
		e.comment("out = max(x, 0)")
		e.zeroed(1)
		e.atLeast0At(0, 1, 1)
		e.store(0, 0)
	}},
	{name: "reluGrad", slices: []string{"dx", "y", "dy"}, body: func(e emitter) {
		e.comment("dx = y > 0 ? dy : 0")
		e.zeroed(1)
		e.load(0, 1)
		e.whereAbove(0, 2, 0, 1)
		e.store(0, 0)
	}},
	{name: "affine", slices: []string{"out", "x"}, constants: []string{"scale", "offset"}, body: func(e emitter) {
		e.comment("out = x·scale + offset")
		e.load(0, 1)
		e.mul(0, 0, 8)
		e.add(0, 0, 9)
		e.store(0, 0)
	}},
	{name: "combine", slices: []string{"out", "x", "y"}, constants: []string{"a", "b"}, body: func(e emitter) {
		e.comment("out = x·a + y·b")
		e.load(0, 1)
		e.mul(0, 0, 8)
		e.load(1, 2)
		e.mul(1, 1, 9)
		e.add(0, 0, 1)
		e.store(0, 0)
	}},
	{name: "multiply", slices: []string{"out", "x", "y"}, body: func(e emitter) {
		e.comment("out = x·y")
		e.load(0, 1)
		e.mulAt(0, 0, 2)
		e.store(0, 0)
	}},
	{name: "addProduct", slices: []string{"sum", "x", "y"}, body: func(e emitter) {
		e.comment("sum += x·y")
		e.load(0, 1)
		e.mulAt(0, 0, 2)
		e.addAt(0, 0, 0)
		e.store(0, 0)
	}},
	{name: "scale", slices: []string{"out", "x"}, constants: []string{"scale"}, body: func(e emitter) {
		e.comment("out = x·scale")
		e.load(0, 1)
		e.mul(0, 0, 8)
		e.store(0, 0)
	}},
	{name: "localNorm", slices: []string{"out", "x", "sums"}, constants: []string{"bias", "alpha"}, body: func(e emitter) {
		localScale(e, 1)
		e.comment("out = x / s^(3/4)")
		e.sqrt(2, 1)
		e.sqrt(3, 2)
		e.mul(2, 2, 3)
		e.load(0, 1)
		e.div(0, 0, 2)
		e.store(0, 0)
	}, flag: "half", flagged: func(e emitter) {
		localScale(e, 1)
		e.comment("out = x / √s")
		e.sqrt(2, 1)
		e.load(0, 1)
		e.div(0, 0, 2)
		e.store(0, 0)
	}},
	{name: "localNormTerms", slices: []string{"out", "g", "sums", "x"}, constants: []string{"bias", "alpha"}, body: func(e emitter) {
		localScale(e, 1)
		e.comment("out = g·x / s")
		e.load(0, 1)
		e.mulAt(0, 0, 3)
		e.div(0, 0, 1)
		e.store(0, 0)
	}},
	{name: "adam", slices: []string{"w", "grad", "m", "v"}, constants: []string{"alpha", "rate1", "rate2", "epsilon"}, body: func(e emitter) {
		const w, g, m, v, alpha, rate1, rate2, epsilon = 0, 1, 2, 3, 8, 9, 10, 11
		e.load(g, 1)
		e.load(m, 2)
		e.load(v, 3)
		e.comment("m += (g - m)·rate1")
		e.sub(4, g, m)
		e.mul(4, 4, rate1)
		e.add(m, m, 4)
		e.store(2, m)
		e.comment("v += (g·g - v)·rate2")
		e.mul(4, g, g)
		e.sub(4, 4, v)
		e.mul(4, 4, rate2)
		e.add(v, v, 4)
		e.store(3, v)
		e.comment("w -= m·alpha / (√v + epsilon)")
		e.sqrt(4, v)
		e.add(4, 4, epsilon)
		e.mul(5, m, alpha)
		e.div(5, 5, 4)
		e.load(w, 0)
		e.sub(w, w, 5)
		e.store(0, w)
	}},
	{name: "adagrad", slices: []string{"w", "grad", "accumulator"}, constants: []string{"lr", "epsilon"}, body: func(e emitter) {
		const w, g, sum, lr, epsilon = 0, 1, 2, 8, 9
		e.comment("accumulator += g·g")
		e.load(g, 1)
		e.load(sum, 2)
		e.mul(3, g, g)
		e.add(sum, sum, 3)
		e.store(2, sum)
		rootStep(e, w, g, sum, lr, epsilon)
	}},
	{name: "rmsprop", slices: []string{"w", "grad", "velocity"}, constants: []string{"lr", "rho", "rate", "epsilon"}, body: func(e emitter) {
		const w, g, v, lr, rho, rate, epsilon = 0, 1, 2, 8, 9, 10, 11
		rmspropVelocity(e, g, v, rho, rate)
		rootStep(e, w, g, v, lr, epsilon)
	}},
	{name: "rmspropMomentum", slices: []string{"w", "grad", "velocity", "momenta"}, constants: []string{"lr", "rho", "rate", "momentum", "epsilon"}, body: func(e emitter) {
		const w, g, v, m, lr, rho, rate, momentum, epsilon = 0, 1, 2, 4, 8, 9, 10, 11, 12
		rmspropVelocity(e, g, v, rho, rate)
		e.comment("momenta = momenta·momentum + g·lr / √(v + epsilon)")
		e.add(v, v, epsilon)
		e.sqrt(v, v)
		e.mul(g, g, lr)
		e.div(g, g, v)
		e.load(m, 3)
		e.mul(m, m, momentum)
		e.add(g, g, m)
		e.store(3, g)
		e.comment("w -= momenta")
		e.load(w, 0)
		e.sub(w, w, g)
		e.store(0, w)
	}},
	{name: "sgd", slices: []string{"w", "grad"}, constants: []string{"lr"}, body: func(e emitter) {
		e.comment("w -= g·lr")
		e.load(0, 1)
		e.mul(0, 0, 8)
		e.load(1, 0)
		e.sub(1, 1, 0)
		e.store(0, 1)
	}},
	{name: "momentum", slices: []string{"w", "grad", "velocity"}, constants: []string{"lr", "momentum"}, body: func(e emitter) {
		momentumStep(e)
		e.comment("w += velocity")
		e.load(2, 0)
		e.add(2, 2, 1)
		e.store(0, 2)
	}, flag: "nesterov", flagged: func(e emitter) {
		momentumStep(e)
		e.comment("w += velocity·momentum - g·lr")
		e.mul(1, 1, 9)
		e.sub(1, 1, 0)
		e.load(2, 0)
		e.add(2, 2, 1)
		e.store(0, 2)
	}},
}

// localScale is register s = sums·alpha + bias, where sums is slice 2.
func localScale(e emitter, s int) {
	e.comment("s = sums·alpha + bias")
	e.load(s, 2)
	e.mul(s, s, 9)
	e.add(s, s, 8)
}

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

// rmspropVelocity loads the gradient and computes the new velocity.
func rmspropVelocity(e emitter, g, v, rho, rate int) {
	e.comment("velocity = velocity·rho + g·g·rate")
	e.load(g, 1)
	e.load(v, 2)
	e.mul(3, g, g)
	e.mul(3, 3, rate)
	e.mul(v, v, rho)
	e.add(v, v, 3)
	e.store(2, v)
}

// rootStep ends an optimizer step that divides the gradient by a square root.
func rootStep(e emitter, w, g, v, lr, epsilon int) {
	e.comment("w -= g·lr / √(v + epsilon)")
	e.add(v, v, epsilon)
	e.sqrt(v, v)
	e.mul(g, g, lr)
	e.div(g, g, v)
	e.load(w, 0)
	e.sub(w, w, g)
	e.store(0, w)
}

// momentumStep computes g·lr in register 0 and the new velocity in register 1.
func momentumStep(e emitter) {
	e.comment("velocity = velocity·momentum - g·lr")
	e.load(0, 1)
	e.mul(0, 0, 8)
	e.load(1, 2)
	e.mul(1, 1, 9)
	e.sub(1, 1, 0)
	e.store(2, 1)
}

// elementwises writes elementwise_amd64.s.
func elementwises(f *file) {
	for _, k := range elementwiseKernels {
		k.write(emitter{file: f, v: zmm}, k.name+"AVX512")
		k.write(emitter{file: f, v: ymm}, k.name+"AVX2")
	}
	addScaled(emitter{file: f, v: zmm}, "addScaledAVX512")
	addScaled(emitter{file: f, v: ymm}, "addScaledAVX2")
}

// elementwisesNEON writes elementwise_arm64.s.
func elementwisesNEON(f *file) {
	for _, k := range elementwiseKernels {
		k.write(emitter{file: f, v: neon}, k.name+"NEON")
	}
	addScaledNEON(f)
}

func (k elementwise) write(e emitter, name string) {
	signature := "(" + strings.Join(k.slices, ", ") + " []float32"
	if len(k.constants) > 0 {
		signature += ", " + strings.Join(k.constants, ", ") + " float32"
	}
	if k.flag != "" {
		signature += ", " + k.flag + " bool"
	}
	e.function(name, signature+") (done int)", 0)
	e.slices(k.slices...)
	for i, c := range k.constants {
		e.constant(8+i, c)
	}
	if k.flag != "" {
		e.ifFlag(k.flag, k.flag)
	}
	e.loop("loop", k.body, len(k.slices))
	e.ret()
	if k.flag != "" {
		e.label("%s", k.flag)
		e.loop("with", k.flagged, len(k.slices))
		e.ret()
	}
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
