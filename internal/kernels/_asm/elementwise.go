package main

import "strings"

// An elementwise kernel computes each value from those at the same place. It does
// the first values, as many as fill whole vectors, and returns how many.
type elementwise struct {
	name      string
	slices    []string // in R8, R9, ...
	constants []string // in registers 8, 9, ...
	body      func(e emitter)
	flag      string // the name of an argument, if with it another body is run
	flagged   func(e emitter)
}

// An emitter writes the body of an elementwise kernel for one kind of vectors.
type emitter struct {
	*file
	v vector
}

var sliceRegs = []string{"R8", "R9", "R10", "R11", "R12", "R13", "R15", "SI"}

// r is a vector register.
func (e emitter) r(i int) string { return e.v.reg(i) }

// at is the current place in slice i.
func (e emitter) at(i int) string { return mem(0, sliceRegs[i], "AX", 1) }

// load, store, add, sub, mul and div: register to = ...
func (e emitter) load(to, slice int)  { e.op("VMOVUPS", e.at(slice), e.r(to)) }
func (e emitter) store(slice, of int) { e.op("VMOVUPS", e.r(of), e.at(slice)) }
func (e emitter) add(to, a, b int)    { e.op("VADDPS", e.r(b), e.r(a), e.r(to)) }
func (e emitter) sub(to, a, b int)    { e.op("VSUBPS", e.r(b), e.r(a), e.r(to)) }
func (e emitter) mul(to, a, b int)    { e.op("VMULPS", e.r(b), e.r(a), e.r(to)) }
func (e emitter) div(to, a, b int)    { e.op("VDIVPS", e.r(b), e.r(a), e.r(to)) }

// elementwiseKernels round after each operation, as the plain Go kernels do, so
// that both give the same bits.
var elementwiseKernels = []elementwise{
	{name: "relu", slices: []string{"out", "x"}, body: func(e emitter) {
		e.comment("out = 0 > x ? 0 : x, which keeps NaN; + 0 makes -0 positive")
		e.zero(e.v, e.r(1))
		e.op("VMAXPS", e.at(1), e.r(1), e.r(0))
		e.add(0, 0, 1)
		e.store(0, 0)
	}},
	{name: "reluGrad", slices: []string{"dx", "y", "dy"}, body: func(e emitter) {
		e.comment("dx = y > 0 ? dy : 0")
		e.zero(e.v, e.r(1))
		e.load(0, 1)
		if e.v.evex {
			e.op("VCMPPS", "$0x1e", e.r(1), e.r(0), "K1")
			e.op("VMOVUPS.Z", e.at(2), "K1", e.r(0))
		} else {
			e.op("VCMPPS", "$0x1e", e.r(1), e.r(0), e.r(0))
			e.op("VANDPS", e.at(2), e.r(0), e.r(0))
		}
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
		e.op("VSQRTPS", e.r(v), e.r(4))
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
		e.comment("velocity = velocity·rho + g·g·rate")
		e.load(g, 1)
		e.load(v, 2)
		e.mul(3, g, g)
		e.mul(3, 3, rate)
		e.mul(v, v, rho)
		e.add(v, v, 3)
		e.store(2, v)
		rootStep(e, w, g, v, lr, epsilon)
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

// addScaled writes y += rows[0]·a[0] + ... + rows[3]·a[3], one after the other, with
// as much fetched from next, which is read after the rows, unless that is empty.
func addScaled(e emitter, name string) {
	e.function(name, "(y, rows, next []float32, a *[4]float32) (done int)", 0)
	e.slices("y", "rows")
	e.op("MOVQ", e.arg("y_len"), "DX")
	for i := range 3 {
		e.op("LEAQ", mem(0, sliceRegs[1+i], "DX", 4), sliceRegs[2+i])
	}
	e.op("MOVQ", e.arg("next_base"), sliceRegs[5])
	e.op("MOVQ", e.arg("a"), "DX")
	for i := range 4 {
		e.op("VBROADCASTSS", mem(4*i, "DX", "", 0), e.r(8+i))
	}
	body := func() {
		e.load(0, 0)
		for i := range 4 {
			e.op("VFMADD231PS", e.at(1+i), e.r(8+i), e.r(0))
		}
		e.store(0, 0)
	}
	e.op("CMPQ", e.arg("next_len"), imm(0))
	e.op("JNE", "fetching")
	e.loop("loop", body)
	e.ret()
	e.label("fetching")
	e.loop("fetch", func() {
		for i := 0; i < 4*e.v.bytes(); i += 64 {
			e.op("PREFETCHT0", mem(i, sliceRegs[5], "AX", 4))
		}
		body()
	})
	e.ret()
}

// rootStep ends a kernel whose weights follow the gradient over a root.
func rootStep(e emitter, w, g, v, lr, epsilon int) {
	e.comment("w -= g·lr / √(v + epsilon)")
	e.add(v, v, epsilon)
	e.op("VSQRTPS", e.r(v), e.r(v))
	e.mul(g, g, lr)
	e.div(g, g, v)
	e.load(w, 0)
	e.sub(w, w, g)
	e.store(0, w)
}

// momentumStep leaves g·lr in register 0 and the new velocity in register 1.
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
		k.write(emitter{f, zmm}, k.name+"AVX512")
		k.write(emitter{f, ymm}, k.name+"AVX2")
	}
	addScaled(emitter{f, zmm}, "addScaledAVX512")
	addScaled(emitter{f, ymm}, "addScaledAVX2")
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
		e.op("VBROADCASTSS", e.arg(c), e.r(8+i))
	}
	if k.flag != "" {
		e.ifFlag(k.flag, k.flag)
	}
	e.loop("loop", func() { k.body(e) })
	e.ret()
	if k.flag != "" {
		e.label("%s", k.flag)
		e.loop("with", func() { k.flagged(e) })
		e.ret()
	}
}

// slices loads where slices begin, and sets done to the values of the first of them
// that fill vectors, CX to their bytes.
func (e emitter) slices(names ...string) {
	for i, s := range names {
		e.op("MOVQ", e.arg(s+"_base"), sliceRegs[i])
	}
	e.op("MOVQ", e.arg(names[0]+"_len"), "CX")
	e.op("ANDQ", imm(-e.v.lanes), "CX")
	e.op("MOVQ", "CX", e.arg("done"))
	e.op("SHLQ", imm(2), "CX")
}

// loop runs body for each vector, AX bytes from where the slices begin.
func (e emitter) loop(label string, body func()) {
	e.op("XORQ", "AX", "AX")
	e.label("%s", label)
	e.op("CMPQ", "AX", "CX")
	e.op("JGE", label+"Done")
	body()
	e.op("ADDQ", imm(e.v.bytes()), "AX")
	e.op("JMP", label)
	e.label("%sDone", label)
}
