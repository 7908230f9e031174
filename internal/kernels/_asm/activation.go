package main

import (
	"fmt"
	"math"
)

// Constants of activations, by their place in activationConstants. Assembly has each of them
// in all lanes of a vector.
const (
	actOne = iota
	actSign
	actLog2E
	actRound
	actLn2High
	actLn2Low
	actLeast
	actExp2
	actExp3
	actExp4
	actExp5
	actExp6
	actPhiStep
	actPhi1
	actPhi2
	actPhi3
	actPhi4
	actPhi5
	actPhi6
	actPhi7
	actPhi8
	actPhi9
	actMinusHalf
	actDensity
	actThree
	actSix
	actSixth
	actThird
	actHalf
	actMinusThree
	actTwo
	actSELUScale
	actSELUBelow
	actLog1
	actLog2
	actLog3
	actLog4
	actLog5
)

var activationConstants = []float32{
	actOne:   1,
	actSign:  float32(math.Copysign(0, -1)),
	actLog2E: math.Log2E,
	actRound: 3 << 22, // added to a small number, rounds it to an integer, in the lowest bits
	// The high part of ln 2 has few digits, so that its product with an integer is exact.
	actLn2High: -0.693359375,
	actLn2Low:  2.12194440e-4,
	actLeast:   -87, // exp of less is 0
	// (eʳ - 1 - r)/r² where |r| < 0.3475, with a relative error of eʳ below 4e-9.
	actExp2: 0.4999999403953552,
	actExp3: 0.1666651964187622,
	actExp4: 0.04166840761899948,
	actExp5: 0.00836889911442995,
	actExp6: 0.0013814219273626804,
	// Φ(-z)·exp(z²/2) as a polynomial in 1/(1 + z·step) without constant, where 0 <= z < 13.2,
	// with a relative error below 4e-8.
	actPhiStep:    0.35,
	actPhi1:       0.13962170481681824,
	actPhi2:       0.1398567110300064,
	actPhi3:       0.11986905336380005,
	actPhi4:       0.10536934435367584,
	actPhi5:       -0.02279113233089447,
	actPhi6:       0.15872260928153992,
	actPhi7:       -0.25532785058021545,
	actPhi8:       0.14378851652145386,
	actPhi9:       -0.029108993709087372,
	actMinusHalf:  -0.5,
	actDensity:    0.3989422804014327, // 1/√2π
	actThree:      3,
	actSix:        6,
	actSixth:      1. / 6,
	actThird:      1. / 3,
	actHalf:       0.5,
	actMinusThree: -3,
	actTwo:        2,
	// Those of SELU, and their product.
	actSELUScale: 1.0507009873554805,
	actSELUBelow: 1.0507009873554805 * 1.6732632423543772,
	// (artanh(s)/s - 1)/s² as a polynomial in s², where 0 <= s <= 1/3, with a relative error of
	// artanh below 6e-10.
	actLog1: 0.3333333730697632,
	actLog2: 0.19999444484710693,
	actLog3: 0.14308299124240875,
	actLog4: 0.10715369880199432,
	actLog5: 0.12144780904054642,
}

// An activation is an elementwise function, or its gradient, with constants.
type activation struct {
	name      string
	slices    []string
	argument  string // a number, in the first constant register; empty: none
	constants []int
	body      func(a activator)
}

var expConstants = []int{actOne, actSign, actLog2E, actRound, actLn2High, actLn2Low, actLeast, actExp2, actExp3, actExp4, actExp5, actExp6}

var phiConstants = append(expConstants[:len(expConstants):len(expConstants)], actPhiStep, actPhi1, actPhi2, actPhi3, actPhi4, actPhi5, actPhi6,
	actPhi7, actPhi8, actPhi9, actMinusHalf, actDensity)

var (
	expm1Constants    = append(expConstants[:len(expConstants):len(expConstants)], actTwo)
	mishConstants     = expm1Constants
	seluConstants     = append(expm1Constants[:len(expm1Constants):len(expm1Constants)], actSELUScale, actSELUBelow)
	softplusConstants = append(expm1Constants[:len(expm1Constants):len(expm1Constants)], actLog1, actLog2, actLog3, actLog4, actLog5)
)

var (
	ofOne = []string{"out", "x"}
	ofTwo = []string{"dx", "x", "dy"}
)

// activationsAMD64 writes activation_amd64.s, activationsNEON activation_arm64.s: kernels that
// give the same bits, since they take the same steps.
func activationsAMD64(f *file) {
	activationTable(f, 16)
	for _, k := range activations {
		forms(f, k.name, k.write)
	}
}

func activationsNEON(f *file) {
	activationTable(f, 1)
	for _, k := range activations {
		k.write(emitter{file: f, v: neon}, k.name+"NEON", "")
	}
}

// activationTable writes the constants, each as often as given, 64 bytes or 4 apart.
func activationTable(f *file, times int) {
	f.line("")
	f.line("// The constants of activations.")
	for i, c := range activationConstants {
		for j := range times {
			f.line(fmt.Sprintf("DATA activation<>+%d(SB)/4, $0x%08x", 4*(i*times+j), math.Float32bits(c)))
		}
	}
	f.line(fmt.Sprintf("GLOBL activation<>(SB), RODATA|NOPTR, $%d", 4*times*len(activationConstants)))
}

func (k activation) write(e emitter, name, base string) {
	signature := "("
	for i, s := range k.slices {
		if i > 0 {
			signature += ", "
		}
		signature += s
	}
	signature += " []float32"
	if k.argument != "" {
		signature += ", " + k.argument + " float32"
	}
	e.function(name, signature+") (done int)", 0)
	e.slices(k.slices...)
	if e.stream {
		e.unlessAligned(base)
	}
	a := activator{e, map[int]int{}}
	if k.argument != "" {
		e.constant(8, k.argument)
	}
	if e.v == neon {
		e.op("MOVD", "$activation<>(SB)", "R1")
		first := 8
		if k.argument != "" {
			first++
		}
		for i, c := range k.constants {
			a.registers[c] = first + i
			e.op("FMOVS", at(4*c, "R1"), float(first+i))
			e.everyLane(first+i, first+i)
		}
	}
	e.loop("loop", func(e emitter) { k.body(activator{e, a.registers}) }, len(k.slices))
	e.ret()
}
