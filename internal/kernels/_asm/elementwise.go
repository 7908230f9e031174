package main

import "fmt"

// An elementwise kernel computes each value from those at the same place. It
// handles n values, a whole number of vectors; constants come in one slice.
type elementwise struct {
	name      string
	slices    []string // as declared; the first are in R8, R9, ...
	constants int      // in registers 8, 9, ...
	body      func(e emitter)
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
	{"relu", []string{"out", "x"}, 0, func(e emitter) {
		e.comment("out = 0 > x ? 0 : x, which keeps NaN; + 0 makes -0 positive")
		e.zero(e.v, e.r(1))
		e.op("VMAXPS", e.at(1), e.r(1), e.r(0))
		e.add(0, 0, 1)
		e.store(0, 0)
	}},
	{"reluGrad", []string{"dx", "y", "dy"}, 0, func(e emitter) {
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
	{"affine", []string{"out", "x"}, 2, func(e emitter) {
		e.comment("out = x·scale + offset")
		e.load(0, 1)
		e.mul(0, 0, 8)
		e.add(0, 0, 9)
		e.store(0, 0)
	}},
	{"combine", []string{"out", "x", "y"}, 2, func(e emitter) {
		e.comment("out = x·a + y·b")
		e.load(0, 1)
		e.mul(0, 0, 8)
		e.load(1, 2)
		e.mul(1, 1, 9)
		e.add(0, 0, 1)
		e.store(0, 0)
	}},
	{"addScaled", []string{"y", "b0", "b1", "b2", "b3"}, 4, addScaled},
	{"addScaledFetch", []string{"y", "b0", "b1", "b2", "b3", "next"}, 4, func(e emitter) {
		e.comment("fetch as much from next, which is read after b3")
		for i := 0; i < 4*e.v.bytes(); i += 64 {
			e.op("PREFETCHT0", mem(i, sliceRegs[5], "AX", 4))
		}
		addScaled(e)
	}},
	{"adam", []string{"w", "grad", "m", "v"}, 4, func(e emitter) {
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
	{"adagrad", []string{"w", "grad", "accumulator"}, 2, func(e emitter) {
		const w, g, sum, lr, epsilon = 0, 1, 2, 8, 9
		e.comment("accumulator += g·g")
		e.load(g, 1)
		e.load(sum, 2)
		e.mul(3, g, g)
		e.add(sum, sum, 3)
		e.store(2, sum)
		rootStep(e, w, g, sum, lr, epsilon)
	}},
	{"rmsprop", []string{"w", "grad", "velocity"}, 4, func(e emitter) {
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
	{"sgd", []string{"w", "grad"}, 1, func(e emitter) {
		e.comment("w -= g·lr")
		e.load(0, 1)
		e.mul(0, 0, 8)
		e.load(1, 0)
		e.sub(1, 1, 0)
		e.store(0, 1)
	}},
	{"momentum", []string{"w", "grad", "velocity"}, 2, func(e emitter) {
		momentumStep(e)
		e.comment("w += velocity")
		e.load(2, 0)
		e.add(2, 2, 1)
		e.store(0, 2)
	}},
	{"nesterov", []string{"w", "grad", "velocity"}, 2, func(e emitter) {
		momentumStep(e)
		e.comment("w += velocity·momentum - g·lr")
		e.mul(1, 1, 9)
		e.sub(1, 1, 0)
		e.load(2, 0)
		e.add(2, 2, 1)
		e.store(0, 2)
	}},
}

func addScaled(e emitter) {
	e.comment("y += b0·a0 + b1·a1 + b2·a2 + b3·a3, one after the other")
	e.load(0, 0)
	for i := range 4 {
		e.op("VFMADD231PS", e.at(1+i), e.r(8+i), e.r(0))
	}
	e.store(0, 0)
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
}

func (k elementwise) write(e emitter, name string) {
	declaration, args := "func "+name+"(", 8*len(k.slices)+8
	for i, s := range k.slices {
		if i > 0 {
			declaration += ", "
		}
		declaration += s
	}
	declaration += " *float32, n int"
	if k.constants > 0 {
		declaration += fmt.Sprintf(", constants *[%d]float32", k.constants)
		args += 8
	}
	e.function(declaration+")", name, 0, args)
	for i, s := range k.slices {
		e.op("MOVQ", fmt.Sprintf("%s+%d(FP)", s, 8*i), sliceRegs[i])
	}
	e.op("MOVQ", fmt.Sprintf("n+%d(FP)", 8*len(k.slices)), "CX")
	if k.constants > 0 {
		e.op("MOVQ", fmt.Sprintf("constants+%d(FP)", 8*len(k.slices)+8), "DX")
		for i := range k.constants {
			e.op("VBROADCASTSS", mem(4*i, "DX", "", 0), e.r(8+i))
		}
	}
	e.op("SHLQ", imm(2), "CX")
	e.op("XORQ", "AX", "AX")
	e.label("loop")
	e.op("CMPQ", "AX", "CX")
	e.op("JGE", "done")
	k.body(e)
	e.op("ADDQ", imm(e.v.bytes()), "AX")
	e.op("JMP", "loop")
	e.label("done")
	e.ret()
}
