package main

import "fmt"

// An activator writes the body of an activation.
type activator struct {
	emitter
	registers map[int]int // of constants, with NEON
}

// at is the operand of a constant in memory.
func (a activator) constantAt(c int) string { return fmt.Sprintf("activation<>+%d(SB)", 64*c) }

// constant sets a register to a constant.
func (a activator) constant(to, c int) {
	if a.v == neon {
		a.move(to, a.registers[c])
	} else {
		a.op("VMOVUPS", a.constantAt(c), a.r(to))
	}
}

// with is to = x op constant.
func (a activator) with(op string, to, x, c int) {
	switch {
	case a.v == neon && op == "or":
		a.op("VORR", v16(a.registers[c]), v16(x), v16(to))
	case a.v == neon:
		a.binary(op, to, x, a.registers[c])
	default:
		a.op("V"+map[string]string{"add": "ADD", "sub": "SUB", "mul": "MUL", "or": "OR"}[op]+"PS", a.constantAt(c), a.r(x), a.r(to))
	}
}

// addProduct is to = to + x·constant, rounded once.
func (a activator) addProduct(to, x, c int) {
	if a.v == neon {
		a.mulAdd(to, x, a.registers[c])
	} else {
		a.op("VFMADD231PS", a.constantAt(c), a.r(x), a.r(to))
	}
}

// polynomial computes the polynomial of constants, the highest first, in x; with NEON it
// needs a spare register.
func (a activator) polynomial(to, x, spare int, constants ...int) {
	from := to
	if a.v == neon && len(constants)%2 == 0 {
		from = spare // the last term has to end in to
	}
	a.constant(from, constants[0])
	for _, c := range constants[1:] {
		if a.v == neon {
			other := to + spare - from
			a.constant(other, c)
			a.mulAdd(other, from, x)
			from = other
		} else {
			a.op("VFMADD213PS", a.constantAt(c), a.r(x), a.r(to))
		}
	}
}

// Registers of exp and expm1: n + 3·2²², n, and r, where x = n·ln 2 + r and n is an integer.
const shifted, exponent, remainder = 3, 4, 5

// reduce computes n, the integer nearest to x·log2(e), and r.
func (a activator) reduce(x int) {
	a.comment("n = round(x·log2 e), r = x - n·ln 2")
	a.constant(shifted, actRound)
	a.addProduct(shifted, x, actLog2E)
	a.with("sub", exponent, shifted, actRound)
	a.copy(remainder, x)
	a.addProduct(remainder, exponent, actLn2High)
	a.addProduct(remainder, exponent, actLn2Low)
}

// exp computes exp(x) = 2ⁿ·eʳ of numbers up to 0, and 0 for NaN, in register to; it uses registers
// 3 to 5.
func (a activator) exp(to, x int) {
	const n, r = exponent, remainder
	a.reduce(x)
	a.comment("exp(r)·2ⁿ where x >= least, else 0")
	a.polynomial(to, r, n, actExp6, actExp5, actExp4, actExp3, actExp2, actOne, actOne)
	if a.v == neon {
		a.op("VSHL", imm(23), v4(shifted), v4(shifted))
		a.op("VADD", v4(shifted), v4(to), v4(to))
		a.three("fcmge", neonMask, x, a.registers[actLeast])
		a.and(to, to, neonMask)
		return
	}
	a.op("VPSLLD", imm(23), a.r(shifted), a.r(shifted))
	a.op("VPADDD", a.r(shifted), a.r(to), a.r(to))
	if a.v.evex {
		a.op("VCMPPS", "$0x1d", a.constantAt(actLeast), a.r(x), "K1")
		a.op("VMOVAPS.Z", a.r(to), "K1", a.r(to))
	} else {
		a.op("VCMPPS", "$0x1d", a.constantAt(actLeast), a.r(x), a.r(n))
		a.op("VANDPS", a.r(n), a.r(to), a.r(to))
	}
}

// expm1 computes exp(x) - 1 = 2ⁿ·(eʳ - 1) + 2ⁿ - 1 of numbers up to 0 in register to; it uses
// registers 3 to 5 and overwrites x. NaN gives another number.
func (a activator) expm1(to, x int) {
	const power = shifted
	a.atLeast(x, actLeast)
	a.reduce(x)
	a.comment("q = exp(r) - 1")
	a.polynomial(to, remainder, exponent, actExp6, actExp5, actExp4, actExp3, actExp2)
	a.mul(to, to, remainder)
	a.mulAdd(remainder, to, remainder)
	a.comment("2ⁿ·q + (2ⁿ - 1)")
	if a.v == neon {
		a.op("VSHL", imm(23), v4(shifted), v4(power))
		a.op("VADD", v4(a.registers[actOne]), v4(power), v4(power))
	} else {
		a.op("VPSLLD", imm(23), a.r(shifted), a.r(power))
		a.op("VPADDD", a.constantAt(actOne), a.r(power), a.r(power))
	}
	a.with("sub", to, power, actOne)
	a.mulAdd(to, remainder, power)
}

// atLeast sets x to the larger one of x and a constant.
func (a activator) atLeast(x, c int) {
	if a.v == neon {
		a.three("fmax", x, x, a.registers[c])
	} else {
		a.op("VMAXPS", a.constantAt(c), a.r(x), a.r(x))
	}
}

// tanhOfSoftplus loads x into register 0 and computes e = exp(-|x|) in 1 and t = tanh(log(1 + exp(x)))
// in 3, without a logarithm: with n = exp(x), t = n(n + 2)/(n(n + 2) + 2).
func (a activator) tanhOfSoftplus() {
	a.load(0, 1)
	a.comment("e = exp(-|x|)")
	a.with("or", 2, 0, actSign)
	a.exp(1, 2)
	a.comment("t = x < 0 ? e(e + 2)/(e(e + 2) + 2) : (1 + 2e)/(1 + 2e + 2e²)")
	a.with("add", 2, 1, actTwo)
	a.mul(2, 2, 1)
	a.add(3, 1, 1)
	a.with("add", 3, 3, actOne)
	a.mul(4, 1, 1)
	a.add(5, 3, 4)
	a.add(5, 5, 4)
	a.whereNegative(3, 0, 2)
	a.with("add", 4, 2, actTwo)
	a.whereNegative(5, 0, 4)
	a.div(3, 3, 5)
}

// sigmoid loads x into register 0 and computes its sigmoid in register 1. NaN gives another
// number.
func (a activator) sigmoid() {
	a.load(0, 1)
	a.comment("e = exp(-|x|)")
	a.with("or", 2, 0, actSign)
	a.exp(1, 2)
	a.comment("s = (x < 0 ? e : 1) / (1 + e)")
	a.with("add", 2, 1, actOne)
	a.constant(3, actOne)
	a.whereNegative(3, 0, 1)
	a.div(1, 3, 2)
}

// normal loads x into register 0 and computes Φ(x) in register 1 and exp(-x²/2) in 2.
func (a activator) normal() {
	const z, t = 1, 3
	a.load(0, 1)
	a.comment("e = exp(-x²/2)")
	a.with("mul", 1, 0, actMinusHalf)
	a.mul(1, 1, 0)
	a.exp(2, 1)
	a.comment("t = 1/(1 + |x|·step)")
	a.with("or", z, 0, actSign)
	a.constant(t, actOne)
	a.constant(4, actPhiStep)
	a.mul(4, 4, z)
	a.sub(4, t, 4)
	a.div(t, t, 4)
	a.comment("Φ(-|x|) = e·polynomial(t)·t")
	a.polynomial(1, t, 4, actPhi9, actPhi8, actPhi7, actPhi6, actPhi5, actPhi4, actPhi3, actPhi2, actPhi1)
	a.mul(1, 1, t)
	a.mul(1, 1, 2)
	a.comment("Φ = x < 0 ? that : 1 - that")
	a.constant(3, actOne)
	a.sub(3, 3, 1)
	a.whereNegative(3, 0, 1)
	a.copy(1, 3)
}

// hardSigmoid loads x into register 0 and computes h = min(max(x + 3, 0), 6)/6 in register 1.
func (a activator) hardSigmoid() {
	a.load(0, 1)
	a.comment("h = min(max(x + 3, 0), 6)·1/6")
	a.with("add", 1, 0, actThree)
	a.zeroed(2)
	a.atLeast0(1, 1, 2)
	a.constant(2, actSix)
	a.atMost(1, 1, 2)
	a.with("mul", 1, 1, actSixth)
}

func (a activator) copy(to, from int) {
	if a.v == neon {
		a.move(to, from)
	} else {
		a.op("VMOVAPS", a.r(from), a.r(to))
	}
}

// whereNegative sets to to other where the sign of x is set.
func (a activator) whereNegative(to, x, other int) {
	switch {
	case a.v == neon:
		a.signs(neonMask, x)
		a.where(to, neonMask, other)
	case a.v.evex:
		a.op("VPMOVD2M", a.r(x), "K1")
		a.op("VMOVAPS", a.r(other), "K1", a.r(to))
	default:
		a.op("VBLENDVPS", a.r(x), a.r(other), a.r(to), a.r(to))
	}
}

// keepNaN sets to to x where that is NaN.
func (a activator) keepNaN(to, x int) {
	switch {
	case a.v == neon:
		a.three("fcmeq", neonMask, x, x)
		a.op("VBIF", v16(neonMask), v16(x), v16(to))
	case a.v.evex:
		a.op("VCMPPS", "$3", a.r(x), a.r(x), "K1")
		a.op("VMOVAPS", a.r(x), "K1", a.r(to))
	default:
		a.op("VCMPPS", "$3", a.r(x), a.r(x), "Y7")
		a.op("VBLENDVPS", "Y7", a.r(x), a.r(to), a.r(to))
	}
}

// whereGreater sets to to 0 unless x > y.
func (a activator) whereGreater(to, x, y int) {
	switch {
	case a.v == neon:
		a.three("fcmgt", neonMask, x, y)
		a.and(to, to, neonMask)
	case a.v.evex:
		a.op("VCMPPS", "$0x1e", a.r(y), a.r(x), "K1")
		a.op("VMOVAPS.Z", a.r(to), "K1", a.r(to))
	default:
		a.op("VCMPPS", "$0x1e", a.r(y), a.r(x), "Y7")
		a.op("VANDPS", "Y7", a.r(to), a.r(to))
	}
}

// unlessGreater sets to to other unless x > y.
func (a activator) unlessGreater(to, x, y, other int) {
	switch {
	case a.v == neon:
		a.three("fcmgt", neonMask, x, y)
		a.op("VBIF", v16(neonMask), v16(other), v16(to))
	case a.v.evex:
		a.op("VCMPPS", "$0x1e", a.r(y), a.r(x), "K1")
		a.op("KNOTW", "K1", "K1")
		a.op("VMOVAPS", a.r(other), "K1", a.r(to))
	default:
		a.op("VCMPPS", "$0x1e", a.r(y), a.r(x), "Y7")
		a.op("VBLENDVPS", "Y7", a.r(to), a.r(other), a.r(to))
	}
}
