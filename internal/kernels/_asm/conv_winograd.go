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
			(&winogradKernel{file: f, v: v, winogradTransform: t}).write()
			if t.ends == toOutput && v.evex { // half lines, as with AVX2, would be slow
				(&winogradKernel{file: f, v: v, winogradTransform: t, stream: true}).write()
			}
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
	edge   bool // the remaining channels, fewer than lanes
	stream bool // pixels bypass the caches; they must be aligned
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
	name := k.name + map[bool]string{true: "Stream"}[k.stream] + map[bool]string{true: "AVX512", false: "AVX2"}[k.v.evex]
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
		case !k.edge && k.stream:
			k.op("VMOVNTPS", k.v.reg(8+j), at)
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
