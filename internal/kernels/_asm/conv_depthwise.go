package main

import "fmt"

// depthwises writes conv_depthwise_amd64.s: kernels over depthwiseRow, see
// conv_depthwise_row.go. Tiles of pixels are the outer loop, vectors of channels the middle
// one, taps the inner ones.
func depthwises(f *file) {
	f.maskTable("depthwiseMask")
	for _, v := range []vector{zmm, ymm} {
		suffix := map[bool]string{true: "AVX512", false: "AVX2"}[v.evex]
		depthwise{f, v, false, false}.write("depthwise" + suffix)
		depthwise{f, v, false, true}.write("depthwiseStream" + suffix)
		depthwise{f, v, true, false}.write("depthwiseGrad" + suffix)
	}
}

type depthwise struct {
	*file
	v      vector
	grad   bool // for the filters
	stream bool // results bypass the caches; they must be aligned
}

// A depthwiseBlock is the sums that are in registers: pixels by vectors of channels.
type depthwiseBlock struct {
	pixels, vectors int
	masked          bool // the last channels, fewer than a vector
}

// blocks are those of one tile, in order.
func (b depthwiseBlock) blocks() []depthwiseBlock {
	return []depthwiseBlock{b, {b.pixels, 1, false}, {b.pixels, 1, true}}
}

// depthwiseTiles are the tiles of pixels, each with enough sums that they need not wait for
// each other.
var depthwiseTiles = []depthwiseBlock{{4, 2, false}, {1, 4, false}}

// Registers: the row, pointers into its slices, and loop counters.
const (
	depthwiseArgs     = "AX"
	depthwiseX        = "SI" // x of the tile and the channel
	depthwiseY        = "DI"
	depthwiseW        = "BX"
	depthwiseB        = "DX"
	depthwiseChannels = "R10"
	depthwiseRows     = "R11"
	depthwiseCols     = "R12"
	depthwiseTapX     = "CX" // x of the tap
	depthwiseTapW     = "R13"
	depthwiseStep     = "R15" // xStep, and three times that
	depthwiseStep3    = "R8"
	depthwiseStepY    = "R9"
)

func (k depthwise) field(name string) string {
	return "depthwiseRow_" + name + "(" + depthwiseArgs + ")"
}

func (k depthwise) write(name string) {
	k.function(name, "(r *depthwiseRow)", 24)
	k.op("MOVQ", k.arg("r"), depthwiseArgs)
	k.op("MOVQ", k.field("x"), depthwiseX)
	k.op("MOVQ", k.field("y"), depthwiseY)
	k.op("MOVQ", k.field("xStep"), depthwiseStep)
	k.op("LEAQ", mem(0, depthwiseStep, depthwiseStep, 2), depthwiseStep3)
	k.op("MOVQ", k.field("yStep"), depthwiseStepY)
	k.op("MOVQ", k.field("pixels"), "CX")
	for _, tile := range depthwiseTiles {
		k.op("SUBQ", imm(tile.pixels), "CX")
		k.op("JLT", fmt.Sprintf("tilesOf%dDone", tile.pixels))
		k.label("tileOf%d", tile.pixels)
		k.op("MOVQ", "CX", "pixels-8(SP)")
		k.op("MOVQ", depthwiseX, "x-16(SP)")
		k.op("MOVQ", depthwiseY, "y-24(SP)")
		k.channels(tile)
		k.op("MOVQ", "x-16(SP)", depthwiseX)
		k.op("LEAQ", mem(0, depthwiseX, depthwiseStep, tile.pixels), depthwiseX)
		k.op("MOVQ", "y-24(SP)", depthwiseY)
		k.op("LEAQ", mem(0, depthwiseY, depthwiseStepY, tile.pixels), depthwiseY)
		k.op("MOVQ", "pixels-8(SP)", "CX")
		k.op("SUBQ", imm(tile.pixels), "CX")
		k.op("JGE", fmt.Sprintf("tileOf%d", tile.pixels))
		k.label("tilesOf%dDone", tile.pixels)
		k.op("ADDQ", imm(tile.pixels), "CX")
	}
	k.ret()
}

// channels emits the loop over the channels of a tile.
func (k depthwise) channels(tile depthwiseBlock) {
	k.op("MOVQ", k.field("w"), depthwiseW)
	k.op("MOVQ", k.field("wAt"), depthwiseChannels)
	k.op("LEAQ", mem(0, depthwiseW, depthwiseChannels, 4), depthwiseW)
	if !k.grad {
		k.op("MOVQ", k.field("b"), depthwiseB)
	}
	k.op("MOVQ", k.field("channels"), depthwiseChannels)
	for i, b := range tile.blocks() {
		name := fmt.Sprintf("block%d_%d", tile.pixels, i)
		lanes := b.vectors * k.v.lanes
		if b.masked {
			k.op("TESTQ", depthwiseChannels, depthwiseChannels)
			k.op("JZ", name+"Done")
			k.mask()
			k.block(b, name)
			k.label("%sDone", name)
			return
		}
		k.op("SUBQ", imm(lanes), depthwiseChannels)
		k.op("JLT", name+"Done")
		k.label("%s", name)
		k.block(b, name)
		k.op("ADDQ", imm(4*lanes), depthwiseX)
		k.op("ADDQ", imm(4*lanes), depthwiseY)
		k.op("ADDQ", imm(4*lanes), depthwiseW)
		if !k.grad {
			k.op("ADDQ", imm(4*lanes), depthwiseB)
		}
		k.op("SUBQ", imm(lanes), depthwiseChannels)
		k.op("JGE", name)
		k.label("%sDone", name)
		k.op("ADDQ", imm(lanes), depthwiseChannels)
	}
}

// mask sets K1 or Y15 to the last channels.
func (k depthwise) mask() {
	if k.v.evex {
		k.op("MOVQ", depthwiseChannels, "CX")
		k.op("MOVL", imm(1), "R13")
		k.op("SHLL", "CX", "R13")
		k.op("DECL", "R13")
		k.op("KMOVW", "R13", "K1")
		return
	}
	k.op("MOVQ", depthwiseChannels, "CX")
	k.op("SHLQ", imm(2), "CX")
	k.op("LEAQ", "depthwiseMask<>+32(SB)", "R13")
	k.op("SUBQ", "CX", "R13")
	k.op("VMOVUPS", "(R13)", "Y15")
}

func (k depthwise) block(b depthwiseBlock, name string) {
	// Registers: a value for each pixel and vector, sums or the gradient for y, then one for
	// each vector, the filters or the sums for them, then the masked values of x.
	value := func(p, v int) string { return k.v.reg(p*b.vectors + v) }
	filter := func(v int) string { return k.v.reg(b.pixels*b.vectors + v) }
	x := k.v.reg(b.pixels*b.vectors + b.vectors)
	place := func(base string, v int) string { return mem(v*k.v.bytes(), base, "", 0) }
	each := func(do func(p, v int)) {
		for p := range b.pixels {
			for v := range b.vectors {
				do(p, v)
			}
		}
	}
	if k.grad {
		k.comment("the gradient for y")
		each(func(p, v int) { k.load(b, k.pixel(depthwiseY, depthwiseStepY, p, v), value(p, v)) })
	} else {
		k.comment("sums = b, or 0")
		k.op("CMPQ", k.field("b"), imm(0))
		k.op("JNE", name+"Bias")
		each(func(p, v int) { k.zero(k.v, value(p, v)) })
		k.op("JMP", name+"Taps")
		k.label("%sBias", name)
		each(func(p, v int) {
			if p == 0 {
				k.load(b, place(depthwiseB, v), value(0, v))
			} else {
				k.op("VMOVAPS", value(0, v), value(p, v))
			}
		})
		k.label("%sTaps", name)
	}
	k.op("MOVQ", depthwiseX, depthwiseTapX)
	k.op("MOVQ", depthwiseW, depthwiseTapW)
	k.op("MOVQ", k.field("kh"), depthwiseRows)
	k.label("%sRow", name)
	k.op("MOVQ", k.field("kw"), depthwiseCols)
	k.label("%sTap", name)
	for v := range b.vectors {
		k.load(b, place(depthwiseTapW, v), filter(v))
	}
	each(func(p, v int) {
		to, by := value(p, v), filter(v)
		if k.grad {
			to, by = by, to
		}
		at := k.tapX(p, v)
		if b.masked {
			k.load(b, at, x)
			at = x
		}
		k.op("VFMADD231PS", at, by, to)
	})
	if k.grad {
		for v := range b.vectors {
			k.store(b, filter(v), place(depthwiseTapW, v))
		}
	}
	k.op("ADDQ", k.field("xTap"), depthwiseTapX)
	k.op("ADDQ", k.field("wTap"), depthwiseTapW)
	k.op("DECQ", depthwiseCols)
	k.op("JNZ", name+"Tap")
	k.op("ADDQ", k.field("xSkip"), depthwiseTapX)
	k.op("ADDQ", k.field("wSkip"), depthwiseTapW)
	k.op("DECQ", depthwiseRows)
	k.op("JNZ", name+"Row")
	if !k.grad {
		each(func(p, v int) { k.store(b, value(p, v), k.pixel(depthwiseY, depthwiseStepY, p, v)) })
	}
}

// tapX is the operand of the vector of x at a tap of a pixel.
func (k depthwise) tapX(p, v int) string {
	if p == 3 {
		return mem(v*k.v.bytes(), depthwiseTapX, depthwiseStep3, 1)
	}
	return mem(v*k.v.bytes(), depthwiseTapX, depthwiseStep, p)
}

// pixel is the operand of a vector of a pixel at a base; it may overwrite CX.
func (k depthwise) pixel(base, step string, p, v int) string {
	if p == 3 {
		if v == 0 {
			k.op("LEAQ", mem(0, base, step, 2), "CX")
		}
		return mem(v*k.v.bytes(), "CX", step, 1)
	}
	return mem(v*k.v.bytes(), base, step, p)
}

func (k depthwise) load(b depthwiseBlock, at, to string) {
	switch {
	case !b.masked:
		k.op("VMOVUPS", at, to)
	case k.v.evex:
		k.op("VMOVUPS.Z", at, "K1", to)
	default:
		k.op("VMASKMOVPS", at, "Y15", to)
	}
}

func (k depthwise) store(b depthwiseBlock, of, at string) {
	switch {
	case !b.masked && k.stream:
		k.op("VMOVNTPS", of, at)
	case !b.masked:
		k.op("VMOVUPS", of, at)
	case k.v.evex:
		k.op("VMOVUPS", of, "K1", at)
	default:
		k.op("VMASKMOVPS", of, "Y15", at)
	}
}
