package main

import "fmt"

// winogradsNEON writes conv_winograd_arm64.s. It uses the column transforms of
// conv_winograd.go.
func winogradsNEON(f *file) {
	f.line("")
	f.line("// Minus infinity, then zero, then the constants of the matrices.")
	f.line("DATA winogradConstant<>+0(SB)/4, $0xff800000")
	f.line("DATA winogradConstant<>+4(SB)/4, $0")
	for i, c := range winogradConstants {
		f.line(fmt.Sprintf("DATA winogradConstant<>+%d(SB)/4, $%s", 8+4*i, c.bits))
	}
	f.line(fmt.Sprintf("GLOBL winogradConstant<>(SB), RODATA|NOPTR, $%d", 8+4*len(winogradConstants)))
	for _, t := range winogradTransforms {
		(&neonWinograd{winogradKernel{file: f, v: neon, winogradTransform: t}}).write()
	}
}

type neonWinograd struct{ winogradKernel }

// neonConstant is the register of a constant.
func neonConstant(name string) int {
	for i, c := range winogradConstants {
		if c.name == name {
			return 24 + i
		}
	}
	panic("no constant " + name)
}

// Registers of a transform.
const (
	neonWinoArgs   = "R0" // *winogradTile
	neonWinoLeft   = "R1" // remaining channels
	neonWinoAt     = "R2" // byte offset of the current channels
	neonWinoWork   = "R3" // buffer between the transforms of columns and rows
	neonWinoPlanes = "R4" // planes at the current channels
	neonWinoPlane  = "R5" // stride of planes in bytes
	neonWinoRow    = "R6" // stride of rows of planes in bytes
	neonWinoPixel  = "R7"
	neonWinoWalk   = "R8"
	neonWinoSpare  = "R9"
)

var neonWinoEdge = edge{"R10", "R11", "R12"}

func (k *neonWinograd) field(name string) string {
	return "winogradTile_" + name + "(" + neonWinoArgs + ")"
}

func (k *neonWinograd) write() {
	frame := 16 * k.to * k.from
	k.function(k.name+"NEON", "(t *winogradTile)", frame)
	k.op("MOVD", k.arg("t"), neonWinoArgs)
	k.op("MOVD", fmt.Sprintf("$work-%d(SP)", frame), neonWinoWork)
	k.op("MOVD", k.field("channels"), neonWinoLeft)
	k.op("MOVD", "ZR", neonWinoAt)
	k.op("MOVD", k.field("planes"), neonWinoPlanes)
	k.op("MOVD", k.field("plane"), neonWinoPlane)
	k.op("ADD", neonWinoPlane+"<<1", neonWinoPlane, neonWinoRow)
	k.op("LSL", imm(1), neonWinoRow, neonWinoRow)
	k.op("MOVD", "$winogradConstant<>+8(SB)", neonWinoSpare)
	for i := range winogradConstants {
		k.op("VLD1R.P", at(4, neonWinoSpare), "["+v4(24+i)+"]")
	}
	k.op("SUBS", imm(4), neonWinoLeft, neonWinoLeft)
	k.op("BLT", "last")
	k.label("vector")
	k.edge = false
	k.body()
	k.op("ADD", imm(16), neonWinoAt, neonWinoAt)
	k.op("ADD", imm(16), neonWinoPlanes, neonWinoPlanes)
	k.op("SUBS", imm(4), neonWinoLeft, neonWinoLeft)
	k.op("BGE", "vector")
	k.label("last")
	k.op("ADDS", imm(4), neonWinoLeft, neonWinoLeft)
	k.op("BEQ", "done")
	k.edgeOf(neonWinoEdge, neonWinoLeft)
	k.edge = true
	k.body()
	k.label("done")
	k.op("RET")
}

// body transforms one vector of channels: first the columns, then the rows.
func (k *neonWinograd) body() {
	const bias, floor, spare = 12, 13, 14
	for j := range k.from {
		k.comment("column %d", j)
		k.loadColumn(j)
		k.column(&k.winogradKernel)
		for i := range k.to {
			k.store(8+i, at(16*(i*k.from+j), neonWinoWork))
		}
	}
	if k.ends == toOutput {
		k.op("MOVD", k.field("bias"), neonWinoWalk)
		k.op("ADD", neonWinoAt, neonWinoWalk, neonWinoWalk)
		k.load(bias, at(0, neonWinoWalk))
		k.op("MOVD", k.field("relu"), neonWinoPixel)
		k.op("MOVD", "$winogradConstant<>(SB)", neonWinoWalk)
		k.op("ADD", neonWinoPixel+"<<2", neonWinoWalk, neonWinoWalk)
		k.loadLanes(floor, at(0, neonWinoWalk))
	} else {
		k.op("MOVD", neonWinoPlanes, neonWinoWalk)
	}
	for i := range k.to {
		k.comment("row %d", i)
		for j := 0; j < k.from; j += 2 {
			if j+1 < k.from {
				k.op("FLDPQ", at(16*(i*k.from+j), neonWinoWork), pair(j))
			} else {
				k.load(j, at(16*(i*k.from+j), neonWinoWork))
			}
		}
		k.column(&k.winogradKernel)
		for j := range k.to {
			if k.ends == toPlanes {
				k.store(8+j, at(0, neonWinoWalk))
				k.op("ADD", neonWinoPlane, neonWinoWalk, neonWinoWalk)
				continue
			}
			if k.ends == toOutput {
				k.add(8+j, 8+j, bias)
				k.atLeast(8+j, floor, spare)
			}
			k.pixel(i*k.to + j)
			if k.edge {
				k.storeEdge(neonWinoEdge, 8+j, neonWinoPixel)
			} else {
				k.store(8+j, at(0, neonWinoPixel))
			}
		}
	}
}

func (k *neonWinograd) loadColumn(j int) {
	if k.ends == toPlanes {
		for i := range k.from {
			k.pixel(i*k.from + j)
			if k.edge {
				k.loadEdge(neonWinoEdge, i, neonWinoPixel)
			} else {
				k.load(i, at(0, neonWinoPixel))
			}
		}
		return
	}
	if j == 0 {
		k.op("MOVD", neonWinoPlanes, neonWinoWalk)
	} else {
		k.op("ADD", neonWinoPlane, neonWinoWalk, neonWinoWalk)
	}
	k.op("MOVD", neonWinoWalk, neonWinoPixel)
	for i := range k.from {
		k.load(i, at(0, neonWinoPixel))
		if i < k.from-1 {
			k.op("ADD", neonWinoRow, neonWinoPixel, neonWinoPixel)
		}
	}
}

// pixel computes the address of the current channels of a pixel of the tile.
func (k *neonWinograd) pixel(i int) {
	k.op("MOVD", fmt.Sprintf("winogradTile_pixels+%d(%s)", 8*i, neonWinoArgs), neonWinoPixel)
	k.op("ADD", neonWinoAt, neonWinoPixel, neonWinoPixel)
}
