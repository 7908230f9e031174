package main

import "fmt"

// winograds writes conv_winograd_amd64.s: the transforms of winogradTile. Each computes
// to = M·from·Mᵀ for every channel. See conv_winograd.go for the matrices.
func winograds(f *file) {
	f.maskTable("winogradMask")
	f.floorTable("winogradFloor")
	f.line("")
	f.line("// Eight times each constant of the matrices.")
	for i, c := range winogradConstants {
		for lane := range 8 {
			f.line(fmt.Sprintf("DATA winogradConstant<>+%d(SB)/4, $%s", 32*i+4*lane, c.bits))
		}
	}
	f.line(fmt.Sprintf("GLOBL winogradConstant<>(SB), RODATA|NOPTR, $%d", 32*len(winogradConstants)))
	for _, v := range []vector{zmm, ymm} {
		for _, t := range winogradTransforms {
			(&winogradKernel{f, v, t, false}).write()
		}
	}
}

// A winogradTransform is M, which makes columns of to values from columns of from.
type winogradTransform struct {
	name     string
	from, to int
	ends     winogradEnds
	column   func(k *winogradKernel)
}

// winogradEnds is what a transform reads and writes.
type winogradEnds int

const (
	toPlanes winogradEnds = iota // from pixels
	toPixels                     // from planes
	toOutput                     // from planes to pixels, with bias and ReLU
)

// Those for 3x3 filters and 4x4 pixels of output, and for 5x5 filters and 2x2 pixels.
var winogradTransforms = []winogradTransform{
	{"winogradImage", 6, 6, toPlanes, (*winogradKernel).image},
	{"winogradFilter", 3, 6, toPlanes, (*winogradKernel).filter},
	{"winogradOutput", 6, 4, toOutput, (*winogradKernel).output},
	{"winogradOutputGrad", 4, 6, toPlanes, (*winogradKernel).outputGrad},
	{"winogradFilterGrad", 6, 3, toPixels, (*winogradKernel).filterGrad},
	{"winogradFilter5", 5, 6, toPlanes, (*winogradKernel).filter5},
	{"winogradOutput5", 6, 2, toOutput, (*winogradKernel).output5},
	{"winogradOutputGrad5", 2, 6, toPlanes, (*winogradKernel).outputGrad5},
	{"winogradFilterGrad5", 6, 5, toPixels, (*winogradKernel).filterGrad5},
}

type winogradKernel struct {
	*file
	v vector
	winogradTransform
	edge bool // the remaining channels, fewer than lanes
}

var winogradConstants = []struct{ name, bits string }{
	{"2", "0x40000000"}, {"4", "0x40800000"}, {"5", "0x40a00000"}, {"8", "0x41000000"},
	{"1/4", "0x3e800000"}, {"1/6", "0x3e2aaaab"}, {"1/12", "0x3daaaaab"}, {"1/24", "0x3d2aaaab"},
}

// constant returns the operand of a constant: in memory with AVX2, whose registers are all used.
func (k *winogradKernel) constant(name string) string {
	for i, c := range winogradConstants {
		if c.name == name {
			if k.v.evex {
				return k.v.reg(24 + i)
			}
			return fmt.Sprintf("winogradConstant<>+%d(SB)", 32*i)
		}
	}
	panic("no constant " + name)
}

// These transform a column in registers 0 to 5 to registers 8 to 13. Registers 6, 7, 14 and
// 15 are temporaries.
func (k *winogradKernel) add(to, a, b int) { emitter{file: k.file, v: k.v}.add(to, a, b) }
func (k *winogradKernel) sub(to, a, b int) { emitter{file: k.file, v: k.v}.sub(to, a, b) }
func (k *winogradKernel) mul(to, a int, c string) {
	if k.v == neon {
		k.three("fmul", to, a, neonConstant(c))
	} else {
		k.op("VMULPS", k.constant(c), k.v.reg(a), k.v.reg(to))
	}
}

// move copies a register.
func (k *winogradKernel) move(to, from int) {
	if k.v == neon {
		k.file.move(to, from)
	} else {
		k.op("VMOVAPS", k.v.reg(from), k.v.reg(to))
	}
}

// addMul and subMul: to = a ± b·c, rounded once.
func (k *winogradKernel) addMul(to, a, b int, c string) { k.fused("VFMADD231PS", "fmla", to, a, b, c) }
func (k *winogradKernel) subMul(to, a, b int, c string) { k.fused("VFNMADD231PS", "fmls", to, a, b, c) }
func (k *winogradKernel) fused(op, neonOp string, to, a, b int, c string) {
	if to != a {
		k.move(to, a)
	}
	if k.v == neon {
		k.three(neonOp, to, b, neonConstant(c))
	} else {
		k.op(op, k.constant(c), k.v.reg(b), k.v.reg(to))
	}
}

// image is Bᵀ: 4 0 -5 0 1 0, 0 -4 -4 1 1 0, 0 4 -4 -1 1 0, 0 -2 -1 2 1 0,
// 0 2 -1 -2 1 0, 0 4 0 -5 0 1.
func (k *winogradKernel) image() {
	k.addMul(8, 4, 0, "4")
	k.subMul(8, 8, 2, "5")
	k.subMul(14, 4, 2, "4")
	k.subMul(15, 3, 1, "4")
	k.add(9, 14, 15)
	k.sub(10, 14, 15)
	k.sub(14, 4, 2)
	k.sub(15, 3, 1)
	k.addMul(11, 14, 15, "2")
	k.subMul(12, 14, 15, "2")
	k.addMul(13, 5, 1, "4")
	k.subMul(13, 13, 3, "5")
}

// filter is G: 1/4 0 0, -1/6 -1/6 -1/6, -1/6 1/6 -1/6, 1/24 1/12 1/6,
// 1/24 -1/12 1/6, 0 0 1.
func (k *winogradKernel) filter() {
	k.mul(8, 0, "1/4")
	k.add(14, 0, 2)
	emitter{file: k.file, v: k.v}.zeroed(7)
	k.subMul(7, 7, 14, "1/6")
	k.mul(15, 1, "1/6")
	k.sub(9, 7, 15)
	k.add(10, 7, 15)
	k.mul(14, 0, "1/24")
	k.addMul(14, 14, 2, "1/6")
	k.mul(15, 1, "1/12")
	k.add(11, 14, 15)
	k.sub(12, 14, 15)
	k.move(13, 2)
}

// output is Aᵀ: 1 1 1 1 1 0, 0 1 -1 2 -2 0, 0 1 1 4 4 0, 0 1 -1 8 -8 1.
func (k *winogradKernel) output() {
	k.add(14, 1, 2)
	k.sub(15, 1, 2)
	k.add(6, 3, 4)
	k.sub(7, 3, 4)
	k.add(8, 0, 14)
	k.add(8, 8, 6)
	k.addMul(9, 15, 7, "2")
	k.addMul(10, 14, 6, "4")
	k.add(11, 15, 5)
	k.addMul(11, 11, 7, "8")
}

// outputGrad is A.
func (k *winogradKernel) outputGrad() {
	k.move(8, 0)
	k.add(14, 0, 2)
	k.add(15, 1, 3)
	k.add(9, 14, 15)
	k.sub(10, 14, 15)
	k.addMul(14, 0, 2, "4")
	k.mul(15, 1, "2")
	k.addMul(15, 15, 3, "8")
	k.add(11, 14, 15)
	k.sub(12, 14, 15)
	k.move(13, 3)
}

// filterGrad is Gᵀ.
func (k *winogradKernel) filterGrad() {
	k.add(14, 1, 2)
	k.sub(15, 2, 1)
	k.add(6, 3, 4)
	k.sub(7, 3, 4)
	k.mul(8, 0, "1/4")
	k.subMul(8, 8, 14, "1/6")
	k.addMul(8, 8, 6, "1/24")
	k.mul(9, 15, "1/6")
	k.addMul(9, 9, 7, "1/12")
	k.sub(14, 6, 14)
	k.addMul(10, 5, 14, "1/6")
}

// filter5 is G for five taps: 1/4 0 0 0 0, -1/6 -1/6 -1/6 -1/6 -1/6, -1/6 1/6 -1/6 1/6 -1/6,
// 1/24 1/12 1/6 1/3 2/3, 1/24 -1/12 1/6 -1/3 2/3, 0 0 0 0 1.
func (k *winogradKernel) filter5() {
	k.mul(8, 0, "1/4")
	k.add(14, 0, 2)
	k.add(14, 14, 4)
	emitter{file: k.file, v: k.v}.zeroed(7)
	k.subMul(7, 7, 14, "1/6")
	k.add(15, 1, 3)
	k.mul(15, 15, "1/6")
	k.sub(9, 7, 15)
	k.add(10, 7, 15)
	k.addMul(6, 2, 4, "4")
	k.addMul(14, 0, 6, "4")
	k.mul(14, 14, "1/24")
	k.addMul(15, 1, 3, "4")
	k.mul(15, 15, "1/12")
	k.add(11, 14, 15)
	k.sub(12, 14, 15)
	k.move(13, 4)
}

// output5 is Aᵀ for two pixels: 1 1 1 1 1 0, 0 1 -1 2 -2 1.
func (k *winogradKernel) output5() {
	k.add(14, 1, 2)
	k.sub(15, 1, 2)
	k.add(6, 3, 4)
	k.sub(7, 3, 4)
	k.add(8, 0, 14)
	k.add(8, 8, 6)
	k.add(9, 15, 5)
	k.addMul(9, 9, 7, "2")
}

// outputGrad5 is A for two pixels.
func (k *winogradKernel) outputGrad5() {
	k.move(8, 0)
	k.add(9, 0, 1)
	k.sub(10, 0, 1)
	k.addMul(11, 0, 1, "2")
	k.subMul(12, 0, 1, "2")
	k.move(13, 1)
}

// filterGrad5 is Gᵀ for five taps.
func (k *winogradKernel) filterGrad5() {
	k.add(14, 1, 2)
	k.sub(15, 2, 1)
	k.add(6, 3, 4)
	k.sub(7, 3, 4)
	k.mul(8, 0, "1/4")
	k.subMul(8, 8, 14, "1/6")
	k.addMul(8, 8, 6, "1/24")
	k.mul(9, 15, "1/6")
	k.addMul(9, 9, 7, "1/12")
	k.sub(10, 6, 14)
	k.mul(10, 10, "1/6")
	k.addMul(11, 15, 7, "2")
	k.mul(11, 11, "1/6")
	k.mul(6, 6, "4")
	k.sub(14, 6, 14)
	k.addMul(12, 5, 14, "1/6")
}

// Registers of a transform.
const (
	winoArgs   = "AX" // *winogradTile
	winoLeft   = "BX" // remaining channels
	winoAt     = "CX" // byte offset of the current channels
	winoWork   = "DX" // buffer between the transforms of columns and rows
	winoPlanes = "SI" // planes at the current channels
	winoPlane  = "R8" // stride of planes in bytes
	winoRow    = "R9" // stride of rows of planes in bytes
	winoPixel  = "R10"
	winoWalk   = "R11"
	winoMask   = "R12"
)

// winoFrame holds 36 vectors, aligned to their size.
const winoFrame = 36*64 + 64

func (k *winogradKernel) field(name string) string {
	return "winogradTile_" + name + "(" + winoArgs + ")"
}

func (k *winogradKernel) write() {
	name := k.name + map[bool]string{true: "AVX512", false: "AVX2"}[k.v.evex]
	k.function(name, "(t *winogradTile)", winoFrame)
	k.op("MOVQ", k.arg("t"), winoArgs)
	k.op("MOVQ", k.field("channels"), winoLeft)
	k.op("XORQ", winoAt, winoAt)
	k.op("LEAQ", fmt.Sprintf("work-%d(SP)", winoFrame-63), winoWork)
	k.op("ANDQ", imm(-64), winoWork)
	k.op("MOVQ", k.field("planes"), winoPlanes)
	k.op("MOVQ", k.field("plane"), winoPlane)
	k.op("LEAQ", mem(0, winoPlane, winoPlane, 2), winoRow)
	k.op("ADDQ", winoRow, winoRow)
	if k.v.evex {
		for i := range winogradConstants {
			k.op("VBROADCASTSS", fmt.Sprintf("winogradConstant<>+%d(SB)", 32*i), k.v.reg(24+i))
		}
	}
	k.label("vector")
	k.op("CMPQ", winoLeft, imm(k.v.lanes))
	k.op("JLT", "edge")
	k.edge = false
	k.body()
	k.op("ADDQ", imm(k.v.bytes()), winoAt)
	k.op("ADDQ", imm(k.v.bytes()), winoPlanes)
	k.op("SUBQ", imm(k.v.lanes), winoLeft)
	k.op("JMP", "vector")
	k.label("edge")
	k.op("TESTQ", winoLeft, winoLeft)
	k.op("JZ", "done")
	if k.v.evex {
		k.op("MOVQ", winoLeft, "CX")
		k.op("MOVL", imm(1), winoMask)
		k.op("SHLL", "CX", winoMask)
		k.op("DECL", winoMask)
		k.op("KMOVW", winoMask, "K1")
		k.op("MOVQ", winoPlanes, winoAt)
		k.op("SUBQ", k.field("planes"), winoAt)
	} else {
		k.op("LEAQ", "winogradMask<>+32(SB)", winoMask)
		k.op("SHLQ", imm(2), winoLeft)
		k.op("SUBQ", winoLeft, winoMask)
	}
	k.edge = true
	k.body()
	k.label("done")
	k.ret()
}

// body transforms one vector of channels: first the columns, then the rows.
func (k *winogradKernel) body() {
	for j := range k.from {
		k.comment("column %d", j)
		k.loadColumn(j)
		k.column(k)
		for i := range k.to {
			k.op("VMOVAPS", k.v.reg(8+i), k.work(i, j))
		}
	}
	if k.ends == toOutput {
		k.op("MOVQ", k.field("bias"), winoWalk)
		k.op("VMOVUPS", mem(0, winoWalk, winoAt, 1), k.v.reg(12))
		k.op("MOVQ", k.field("relu"), winoPixel)
		k.op("LEAQ", "winogradFloor<>(SB)", winoWalk)
		k.op("VBROADCASTSS", mem(0, winoWalk, winoPixel, 4), k.v.reg(13))
	} else {
		k.op("MOVQ", winoPlanes, winoWalk)
	}
	for i := range k.to {
		k.comment("row %d", i)
		for j := range k.from {
			k.op("VMOVAPS", k.work(i, j), k.v.reg(j))
		}
		k.column(k)
		k.storeRow(i)
	}
}

func (k *winogradKernel) work(i, j int) string {
	return mem((i*k.from+j)*k.v.bytes(), winoWork, "", 0)
}

func (k *winogradKernel) loadColumn(j int) {
	if k.ends != toPlanes {
		if j == 0 {
			k.op("MOVQ", winoPlanes, winoWalk)
		} else {
			k.op("ADDQ", winoPlane, winoWalk)
		}
		k.op("MOVQ", winoWalk, winoPixel)
		for i := range k.from {
			k.op("VMOVUPS", mem(0, winoPixel, "", 0), k.v.reg(i))
			if i < k.from-1 {
				k.op("ADDQ", winoRow, winoPixel)
			}
		}
		return
	}
	if k.edge && !k.v.evex {
		k.op("VMOVUPS", mem(0, winoMask, "", 0), k.v.reg(15))
	}
	for i := range k.from {
		k.pixel(i*k.from + j)
		at := mem(0, winoPixel, winoAt, 1)
		switch {
		case !k.edge:
			k.op("VMOVUPS", at, k.v.reg(i))
		case k.v.evex:
			k.op("VMOVUPS.Z", at, "K1", k.v.reg(i))
		default:
			k.op("VMASKMOVPS", at, k.v.reg(15), k.v.reg(i))
		}
	}
}

func (k *winogradKernel) storeRow(i int) {
	if k.ends == toPlanes {
		for j := range k.to {
			k.op("VMOVUPS", k.v.reg(8+j), mem(0, winoWalk, "", 0))
			k.op("ADDQ", winoPlane, winoWalk)
		}
		return
	}
	if k.edge && !k.v.evex {
		k.op("VMOVUPS", mem(0, winoMask, "", 0), k.v.reg(15))
	}
	for j := range k.to {
		if k.ends == toOutput {
			k.add(8+j, 8+j, 12)
			k.op("VMAXPS", k.v.reg(8+j), k.v.reg(13), k.v.reg(8+j))
		}
		k.pixel(i*k.to + j)
		at := mem(0, winoPixel, winoAt, 1)
		switch {
		case !k.edge:
			k.op("VMOVUPS", k.v.reg(8+j), at)
		case k.v.evex:
			k.op("VMOVUPS", k.v.reg(8+j), "K1", at)
		default:
			k.op("VMASKMOVPS", k.v.reg(8+j), k.v.reg(15), at)
		}
	}
}

// pixel computes the address of a pixel of the tile.
func (k *winogradKernel) pixel(i int) {
	k.op("MOVQ", fmt.Sprintf("winogradTile_pixels+%d(%s)", 8*i, winoArgs), winoPixel)
}
