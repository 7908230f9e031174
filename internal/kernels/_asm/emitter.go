package main

import (
	"fmt"
	"slices"
	"strings"
)

// An emitter writes the body of a kernel over slices for one vector type.
type emitter struct {
	*file
	v      vector
	offset int  // from the current position in the slices to the vector, in bytes
	stream bool // stores to slice 0 bypass the caches; it must be aligned
}

// neonUnrolled is the number of NEON vectors per iteration.
const neonUnrolled = 4

// Temporary registers of operations: for an operand in memory, and for a mask.
const (
	neonMemory = 7
	neonMask   = 6
)

var sliceRegs = []string{"R8", "R9", "R10", "R11", "R12", "R13", "R15", "SI"}

// pointer is the register that points to slice i.
func (e emitter) pointer(i int) string {
	if e.v == neon {
		return fmt.Sprintf("R%d", 3+i)
	}
	return sliceRegs[i]
}

// r names a vector register.
func (e emitter) r(i int) string { return e.v.reg(i) }

// at is the operand at the current position in slice i.
func (e emitter) at(i int) string {
	if e.v == neon {
		return at(e.offset, e.pointer(i))
	}
	return mem(e.offset, e.pointer(i), "AX", 1)
}

// load and store: register to = slice, slice = register of.
func (e emitter) load(to, slice int) {
	if e.v == neon {
		e.file.load(to, e.at(slice))
	} else {
		e.op("VMOVUPS", e.at(slice), e.r(to))
	}
}

func (e emitter) store(slice, of int) {
	switch {
	case e.v == neon:
		e.file.store(of, e.at(slice))
	case e.stream && slice == 0:
		e.op("VMOVNTPS", e.r(of), e.at(slice))
	default:
		e.op("VMOVUPS", e.r(of), e.at(slice))
	}
}

// add, sub, mul and div: register to = a op b.
func (e emitter) add(to, a, b int) { e.binary("add", to, a, b) }
func (e emitter) sub(to, a, b int) { e.binary("sub", to, a, b) }
func (e emitter) mul(to, a, b int) { e.binary("mul", to, a, b) }
func (e emitter) div(to, a, b int) { e.binary("div", to, a, b) }

func (e emitter) binary(op string, to, a, b int) {
	if e.v == neon {
		e.three("f"+op, to, a, b)
	} else {
		e.op("V"+strings.ToUpper(op)+"PS", e.r(b), e.r(a), e.r(to))
	}
}

// addAt, subAt and mulAt do the same with b at the current position in a slice.
func (e emitter) addAt(to, a, slice int) { e.binaryAt("add", to, a, slice) }
func (e emitter) subAt(to, a, slice int) { e.binaryAt("sub", to, a, slice) }
func (e emitter) mulAt(to, a, slice int) { e.binaryAt("mul", to, a, slice) }

func (e emitter) binaryAt(op string, to, a, slice int) {
	if e.v == neon {
		e.load(neonMemory, slice)
		e.binary(op, to, a, neonMemory)
	} else {
		e.op("V"+strings.ToUpper(op)+"PS", e.at(slice), e.r(a), e.r(to))
	}
}

// sqrt is to = √a.
func (e emitter) sqrt(to, a int) {
	if e.v == neon {
		e.two("fsqrt", to, a)
	} else {
		e.op("VSQRTPS", e.r(a), e.r(to))
	}
}

// mulAdd is to = to + a·b, rounded once.
func (e emitter) mulAdd(to, a, b int) {
	if e.v == neon {
		e.three("fmla", to, a, b)
	} else {
		e.op("VFMADD231PS", e.r(a), e.r(b), e.r(to))
	}
}

// zeroed clears a register.
func (e emitter) zeroed(to int) {
	if e.v == neon {
		e.clear(to)
	} else {
		e.zero(e.v, e.r(to))
	}
}

// atLeast0 is to = max(a, 0), where zero is a register of zeros. NaN stays NaN, and -0
// becomes 0.
func (e emitter) atLeast0(to, a, zero int) {
	if e.v == neon {
		e.three("fmax", to, a, zero)
	} else {
		e.op("VMAXPS", e.r(a), e.r(zero), e.r(to)) // 0 > a ? 0 : a
		e.add(to, to, zero)
	}
}

// atLeast0At does the same with a at the current position in a slice.
func (e emitter) atLeast0At(to, slice, zero int) {
	if e.v == neon {
		e.load(to, slice)
		e.atLeast0(to, to, zero)
	} else {
		e.op("VMAXPS", e.at(slice), e.r(zero), e.r(to))
		e.add(to, to, zero)
	}
}

// whereAbove is to = the value at the current position in a slice where a > b, else 0. With
// AVX2, it overwrites a.
func (e emitter) whereAbove(to, slice, a, b int) {
	switch {
	case e.v == neon:
		e.three("fcmgt", neonMask, a, b)
		e.load(neonMemory, slice)
		e.and(to, neonMask, neonMemory)
	case e.v.evex:
		e.op("VCMPPS", "$0x1e", e.r(b), e.r(a), "K1")
		e.op("VMOVUPS.Z", e.at(slice), "K1", e.r(to))
	default:
		e.op("VCMPPS", "$0x1e", e.r(b), e.r(a), e.r(a))
		e.op("VANDPS", e.at(slice), e.r(a), e.r(to))
	}
}

// atMost is to = min(x, most); NaN stays NaN.
func (e emitter) atMost(to, x, most int) {
	if e.v == neon {
		e.three("fmin", to, x, most)
	} else {
		e.op("VMINPS", e.r(x), e.r(most), e.r(to))
	}
}

// whereBetween is to = the value at the current position in a slice where low < x < high,
// else 0.
func (e emitter) whereBetween(to, slice, x, low, high int) {
	switch {
	case e.v == neon:
		e.three("fcmgt", neonMask, x, low)
		e.three("fcmgt", neonMemory, high, x)
		e.and(neonMask, neonMask, neonMemory)
		e.load(neonMemory, slice)
		e.and(to, neonMask, neonMemory)
	case e.v.evex:
		e.op("VCMPPS", "$0x1e", e.r(low), e.r(x), "K1")
		e.op("VCMPPS", "$0x1e", e.r(x), e.r(high), "K1", "K1")
		e.op("VMOVUPS.Z", e.at(slice), "K1", e.r(to))
	default:
		e.op("VCMPPS", "$0x1e", e.r(low), e.r(x), "Y6")
		e.op("VCMPPS", "$0x1e", e.r(x), e.r(high), "Y7")
		e.op("VANDPS", "Y6", "Y7", "Y7")
		e.op("VANDPS", e.at(slice), "Y7", e.r(to))
	}
}

// exponents sets the registers that normal needs: the bits of an exponent, and with AVX2 zeros.
func (e emitter) exponents() {
	switch {
	case e.v == neon:
		e.op("MOVW", imm(0x7f800000), "R2")
		e.op("VDUP", "R2", v4(exponentBits))
		return
	case e.v.evex:
		e.op("VPTERNLOGD", imm(0xff), e.r(exponentBits), e.r(exponentBits), e.r(exponentBits))
	default:
		e.zeroed(avx2Zeros)
		e.op("VPCMPEQD", e.r(exponentBits), e.r(exponentBits), e.r(exponentBits))
	}
	e.op("VPSLLD", imm(24), e.r(exponentBits), e.r(exponentBits))
	e.op("VPSRLD", imm(1), e.r(exponentBits), e.r(exponentBits))
}

const exponentBits, avx2Zeros, avx2Mask = 15, 14, 13

// normal sets lanes of x with subnormal numbers, whose exponent is 0, to 0.
func (e emitter) normal(x int) {
	switch {
	case e.v == neon:
		e.op("VCMTST", v4(exponentBits), v4(x), v4(neonMask))
		e.and(x, x, neonMask)
	case e.v.evex:
		e.op("VPTESTMD", e.r(exponentBits), e.r(x), "K1")
		e.op("VMOVAPS.Z", e.r(x), "K1", e.r(x))
	default:
		e.op("VPAND", e.r(exponentBits), e.r(x), e.r(avx2Mask))
		e.op("VPCMPEQD", e.r(avx2Zeros), e.r(avx2Mask), e.r(avx2Mask))
		e.op("VPANDN", e.r(x), e.r(avx2Mask), e.r(x))
	}
}

// constant broadcasts an argument to all lanes of a register.
func (e emitter) constant(to int, name string) {
	if e.v == neon {
		e.op("FMOVS", e.arg(name), float(to))
		e.everyLane(to, to)
	} else {
		e.op("VBROADCASTSS", e.arg(name), e.r(to))
	}
}

// ifFlag jumps to a label if an argument of type bool is true.
func (e emitter) ifFlag(name, label string) {
	if e.v == neon {
		e.op("MOVBU", e.arg(name), "R2")
		e.op("CBNZ", "R2", label)
	} else {
		e.op("MOVBLZX", e.arg(name), "AX")
		e.op("TESTL", "AX", "AX")
		e.op("JNZ", label)
	}
}

// unlessAligned jumps to the function of the given name, with the same arguments, unless slice 0
// is aligned to vectors, as stores that bypass the caches require.
func (e emitter) unlessAligned(function string) {
	e.op("TESTQ", imm(e.v.bytes()-1), e.pointer(0))
	e.op("JEQ", "aligned")
	e.op("JMP", "·"+function+"(SB)")
	e.label("aligned")
}

// ret returns from the function. On amd64 it clears the upper halves of the registers first,
// to avoid the penalty of switching to the SSE code of the Go compiler.
func (e emitter) ret() {
	if e.v == neon {
		e.op("RET")
	} else {
		e.file.ret()
	}
}

// streamed are the functions with a second form for large outputs, see writing in cpu_stream.go.
var streamed = []string{
	"norm", "normGrad", "relu", "reluGrad", "capped", "cappedGrad", "silu", "siluGrad", "gelu", "geluGrad", "hardSiLU", "hardSiLUGrad",
	"affine", "combine",
}

// forms calls write for each form of an elementwise function on amd64. base is the name of the one that
// does not stream.
func forms(f *file, name string, write func(e emitter, name, base string)) {
	for _, v := range []vector{zmm, ymm} {
		base := name + map[vector]string{zmm: "AVX512", ymm: "AVX2"}[v]
		write(emitter{file: f, v: v}, base, base)
		if slices.Contains(streamed, name) {
			write(emitter{file: f, v: v, stream: true}, name+"Stream"+strings.TrimPrefix(base, name), base)
		}
	}
}

// slices loads the base pointers of slices, and sets done to the number of values of the first
// slice that fill vectors, CX to their bytes; with NEON, R0 to their number.
func (e emitter) slices(names ...string) { e.slicesOf(e.v.lanes, names...) }

// slicesOf is slices with done a multiple of the given number.
func (e emitter) slicesOf(values int, names ...string) {
	move, and, length := "MOVQ", "ANDQ", "CX"
	if e.v == neon {
		move, and, length = "MOVD", "AND", "R0"
	}
	for i, s := range names {
		e.op(move, e.arg(s+"_base"), e.pointer(i))
	}
	e.op(move, e.arg(names[0]+"_len"), length)
	e.op(and, imm(-values), length)
	e.op(move, length, e.arg("done"))
	if e.v != neon {
		e.op("SHLQ", imm(2), length)
	}
}

// ahead is how many bytes ahead loops over long slices fetch what they read: processors alone
// do not fetch far enough for the rate of the memory.
const ahead = 2048

// loop runs body for each vector, at byte offset AX in the slices. It fetches slices after the
// first ahead, up to the given number; with NEON it advances the pointers of as many.
func (e emitter) loop(label string, body func(e emitter), slices int) {
	if e.v == neon {
		e.loopNEON(label, body, slices)
		return
	}
	e.op("XORQ", "AX", "AX")
	e.label("%s", label)
	e.op("CMPQ", "AX", "CX")
	e.op("JGE", label+"Done")
	for i := 1; i < slices; i++ {
		e.op("PREFETCHT0", mem(ahead, e.pointer(i), "AX", 1))
	}
	body(e)
	e.op("ADDQ", imm(e.v.bytes()), "AX")
	e.op("JMP", label)
	e.label("%sDone", label)
}

// loopNEON runs body for each vector of R0 values, unrolled four times, then singly.
func (e emitter) loopNEON(label string, body func(e emitter), slices int) {
	round := func(label string, vectors int) {
		e.op("SUBS", imm(4*vectors), "R0", "R0")
		e.op("BLT", label+"Done")
		e.label("%s", label)
		for i := range vectors {
			e.offset = 16 * i
			body(e)
		}
		for i := range slices {
			e.op("ADD", imm(16*vectors), e.pointer(i), e.pointer(i))
		}
		e.op("SUBS", imm(4*vectors), "R0", "R0")
		e.op("BGE", label)
		e.label("%sDone", label)
		e.op("ADD", imm(4*vectors), "R0", "R0")
	}
	round(label, neonUnrolled)
	round(label+"One", 1)
}
