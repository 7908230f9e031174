package main

import "fmt"

// Go's assembler for arm64 has no names for most instructions over vectors of float32.
// These are written as words, with the mnemonic of Arm's manual beside them, which a
// test compares with what a disassembler reads (cpu_neon_test.go). Kernels may use
// registers R0 to R17, R19 to R26 and all of V0 to V31.

// neonThree has the encodings of instructions d = n op m over vectors of four lanes, and
// neonTwo those of d = op n (Arm Architecture Reference Manual, C7.2).
var (
	neonThree = map[string]uint32{
		"fadd": 0x4E20D400, "fsub": 0x4EA0D400, "fmul": 0x6E20DC00, "fdiv": 0x6E20FC00,
		"fmla": 0x4E20CC00, "fmls": 0x4EA0CC00, // d = d ± n·m, rounded once
		"fmax": 0x4E20F400, "fmin": 0x4EA0F400,
		"fcmeq": 0x4E20E400, "fcmge": 0x6E20E400, "fcmgt": 0x6EA0E400, // all bits set where n op m
		"mul": 0x4EA09C00, "cmge": 0x4EA03C00, // integers
	}
	neonTwo = map[string]uint32{
		"fsqrt": 0x6EA1F800, "fcvtzs": 0x4EA1B800, "scvtf": 0x4E21D800,
	}
)

func (f *file) word(code uint32, mnemonic string, args ...any) {
	f.line(fmt.Sprintf("\tWORD $0x%08X // %s", code, fmt.Sprintf(mnemonic, args...)))
}

// three and two write an instruction over vector registers.
func (f *file) three(name string, d, n, m int) {
	code, ok := neonThree[name]
	if !ok {
		panic("no instruction " + name)
	}
	f.word(code|uint32(m)<<16|uint32(n)<<5|uint32(d), "%s v%d.4s, v%d.4s, v%d.4s", name, d, n, m)
}

func (f *file) two(name string, d, n int) {
	code, ok := neonTwo[name]
	if !ok {
		panic("no instruction " + name)
	}
	f.word(code|uint32(n)<<5|uint32(d), "%s v%d.4s, v%d.4s", name, d, n)
}

// fmlaLane is d = d + n·(lane of m).
func (f *file) fmlaLane(d, n, m, lane int) {
	code := 0x4F801000 | uint32(m)<<16 | uint32(n)<<5 | uint32(d) | uint32(lane&1)<<21 | uint32(lane>>1)<<11
	f.word(code, "fmla v%d.4s, v%d.4s, v%d.s[%d]", d, n, m, lane)
}

// signs sets all bits of lanes of d where the sign of n is set.
func (f *file) signs(d, n int) {
	f.word(0x4F210400|uint32(n)<<5|uint32(d), "sshr v%d.4s, v%d.4s, #31", d, n)
}

// umaxv sets the first lane of d to the maximum of the lanes of n.
func (f *file) umaxv(d, n int) { f.word(0x6EB0A800|uint32(n)<<5|uint32(d), "umaxv s%d, v%d.4s", d, n) }

// uminv sets the first lane of d to the minimum of the lanes of n.
func (f *file) uminv(d, n int) { f.word(0x6EB1A800|uint32(n)<<5|uint32(d), "uminv s%d, v%d.4s", d, n) }

// v4, v2 and v16 name a vector register with four, two and sixteen lanes.
func v4(i int) string  { return fmt.Sprintf("V%d.S4", i) }
func v2(i int) string  { return fmt.Sprintf("V%d.D2", i) }
func v16(i int) string { return fmt.Sprintf("V%d.B16", i) }

// lane names a lane of a vector register, reg the whole register or its lowest lanes as a
// floating-point register.
func lane(i, lane int) string { return fmt.Sprintf("V%d.S[%d]", i, lane) }
func float(i int) string      { return fmt.Sprintf("F%d", i) }

// at is the operand at byte offset from a register.
func at(offset int, base string) string { return mem(offset, base, "", 0) }

// load and store move a vector.
func (f *file) load(to int, from string)      { f.op("FMOVQ", from, float(to)) }
func (f *file) store(of int, to string)       { f.op("FMOVQ", float(of), to) }
func (f *file) clear(to int)                  { f.op("VEOR", v16(to), v16(to), v16(to)) }
func (f *file) move(to, from int)             { f.op("VORR", v16(from), v16(from), v16(to)) }
func (f *file) and(to, a, b int)              { f.op("VAND", v16(a), v16(b), v16(to)) }
func (f *file) everyLane(to, from int)        { f.op("VDUP", lane(from, 0), v4(to)) }
func (f *file) loadLanes(to int, from string) { f.op("VLD1R", from, "["+v4(to)+"]") }

// orNot is to = a | ^b.
func (f *file) orNot(to, a, b int) {
	f.word(0x4EE01C00|uint32(b)<<16|uint32(a)<<5|uint32(to), "orn v%d.16b, v%d.16b, v%d.16b", to, a, b)
}

// where sets lanes of to that mask selects to those of from.
func (f *file) where(to, mask, from int) { f.op("VBIT", v16(mask), v16(from), v16(to)) }

// atLeast is d = low > d ? low : d in each lane, which keeps NaN and the sign of zero,
// as VMAXPS does on amd64. It uses a temporary register.
func (f *file) atLeast(d, low, spare int) {
	f.three("fcmgt", spare, low, d)
	f.where(d, spare, low)
}

// An edge is the last one to three values of a row, fewer than a vector. These registers hold
// the byte offsets of the second and the third value from the first. For a value that does not
// exist it is the offset of the last one that does.
type edge struct{ second, third, spare string }

// edgeOf computes the offsets for the remaining values, at least one.
func (f *file) edgeOf(e edge, left string) {
	f.comment("the second and third of the last values")
	f.op("SUB", imm(1), left, e.third)
	f.op("CMP", imm(1), e.third)
	f.op("CSET", "GE", e.second)
	f.op("LSL", imm(2), e.second, e.second)
	f.op("LSL", imm(2), e.third, e.third)
}

// loadEdge and storeEdge move these values. Lanes that do not exist hold the last value
// when loaded, and are overwritten by it when stored.
func (f *file) loadEdge(e edge, to int, from string) {
	f.op("FMOVS", at(0, from), float(to))
	f.op("ADD", e.second, from, e.spare)
	f.op("VLD1", at(0, e.spare), lane(to, 1))
	f.op("ADD", e.third, from, e.spare)
	f.op("VLD1", at(0, e.spare), lane(to, 2))
}

func (f *file) storeEdge(e edge, of int, to string) {
	f.op("ADD", e.third, to, e.spare)
	f.op("VST1", lane(of, 2), at(0, e.spare))
	f.op("ADD", e.second, to, e.spare)
	f.op("VST1", lane(of, 1), at(0, e.spare))
	f.op("FMOVS", float(of), at(0, to))
}
