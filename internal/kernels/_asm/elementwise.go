package main

import "strings"

// An elementwise kernel computes each value from those with the same index. It processes
// the values that fill whole vectors and returns their number.
type elementwise struct {
	name      string
	slices    []string // in R8, R9, ...
	constants []string // in registers 8, 9, ...
	normal    bool     // the body uses [emitter.normal]
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
	{name: "adam", slices: []string{"w", "grad", "m", "v"}, constants: []string{"alpha", "rate1", "rate2", "epsilon"}, normal: true, body: func(e emitter) {
		const w, g, m, v, alpha, rate1, rate2, epsilon = 0, 1, 2, 3, 8, 9, 10, 11
		e.load(g, 1)
		e.load(m, 2)
		e.load(v, 3)
		e.comment("m += (g - m)·rate1")
		e.sub(4, g, m)
		e.mul(4, 4, rate1)
		e.add(m, m, 4)
		e.normal(m)
		e.store(2, m)
		e.comment("v += (g·g - v)·rate2")
		e.mul(4, g, g)
		e.sub(4, 4, v)
		e.mul(4, 4, rate2)
		e.add(v, v, 4)
		e.normal(v)
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
	{name: "rmsprop", slices: []string{"w", "grad", "velocity"}, constants: []string{"lr", "rho", "rate", "epsilon"}, normal: true, body: func(e emitter) {
		const w, g, v, lr, rho, rate, epsilon = 0, 1, 2, 8, 9, 10, 11
		rmspropVelocity(e, g, v, rho, rate)
		rootStep(e, w, g, v, lr, epsilon)
	}},
	{name: "rmspropMomentum", slices: []string{"w", "grad", "velocity", "momenta"}, constants: []string{"lr", "rho", "rate", "momentum", "epsilon"}, normal: true, body: func(e emitter) {
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
		e.normal(g)
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
	{name: "momentum", slices: []string{"w", "grad", "velocity"}, constants: []string{"lr", "momentum"}, normal: true, body: func(e emitter) {
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

// rmspropVelocity loads the gradient and computes the new velocity.
func rmspropVelocity(e emitter, g, v, rho, rate int) {
	e.comment("velocity = velocity·rho + g·g·rate")
	e.load(g, 1)
	e.load(v, 2)
	e.mul(3, g, g)
	e.mul(3, 3, rate)
	e.mul(v, v, rho)
	e.add(v, v, 3)
	e.normal(v)
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
	e.normal(1)
	e.store(2, 1)
}

// elementwises writes elementwise_amd64.s.
func elementwises(f *file) {
	for _, k := range elementwiseKernels {
		forms(f, k.name, k.write)
	}
	addScaled(emitter{file: f, v: zmm}, "addScaledAVX512")
	addScaled(emitter{file: f, v: ymm}, "addScaledAVX2")
}

// elementwisesNEON writes elementwise_arm64.s.
func elementwisesNEON(f *file) {
	for _, k := range elementwiseKernels {
		k.write(emitter{file: f, v: neon}, k.name+"NEON", "")
	}
	addScaledNEON(f)
}

func (k elementwise) write(e emitter, name, base string) {
	signature := "(" + strings.Join(k.slices, ", ") + " []float32"
	if len(k.constants) > 0 {
		signature += ", " + strings.Join(k.constants, ", ") + " float32"
	}
	if k.flag != "" {
		signature += ", " + k.flag + " bool"
	}
	e.function(name, signature+") (done int)", 0)
	e.slices(k.slices...)
	if e.stream {
		e.unlessAligned(base)
	}
	for i, c := range k.constants {
		e.constant(8+i, c)
	}
	if k.normal {
		e.exponents()
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
