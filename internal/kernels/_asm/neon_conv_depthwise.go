package main

import "fmt"

// depthwisesNEON writes conv_depthwise_arm64.s: kernels over depthwiseRow, see
// conv_depthwise_row.go. Tiles of pixels are the outer loop, vectors of channels the middle
// one, taps the inner ones.
func depthwisesNEON(f *file) {
	neonDepthwise{f, false}.write("depthwiseNEON")
	neonDepthwise{f, true}.write("depthwiseGradNEON")
}

type neonDepthwise struct {
	*file
	grad bool // for the filters
}

// neonDepthwiseTiles are the tiles of pixels.
var neonDepthwiseTiles = []depthwiseBlock{{4, 4, false}, {1, 4, false}}

// Registers: the row, pointers into its slices, and loop counters.
const (
	neonDepthwiseArgs     = "R0"
	neonDepthwiseX        = "R1" // x of the tile and the channel
	neonDepthwiseY        = "R2"
	neonDepthwiseW        = "R3"
	neonDepthwiseB        = "R4"
	neonDepthwiseChannels = "R5"
	neonDepthwiseRows     = "R6"
	neonDepthwiseCols     = "R7"
	neonDepthwiseTapX     = "R8" // x of the tap
	neonDepthwiseTapW     = "R9"
	neonDepthwiseStep     = "R10"
	neonDepthwiseStepY    = "R11"
	neonDepthwiseXTap     = "R12"
	neonDepthwiseWTap     = "R13"
	neonDepthwisePixels   = "R14"
	neonDepthwiseSpare    = "R15"
	neonDepthwisePixel    = "R20" // x or y of a pixel of the tile
	neonDepthwiseTileX    = "R21"
	neonDepthwiseTileY    = "R22"
)

var neonDepthwiseEdge = edge{"R16", "R17", "R19"}

func (k neonDepthwise) field(name string) string {
	return "depthwiseRow_" + name + "(" + neonDepthwiseArgs + ")"
}

// advance adds a field of the row to a register.
func (k neonDepthwise) advance(register, field string) {
	k.op("MOVD", k.field(field), neonDepthwiseSpare)
	k.op("ADD", neonDepthwiseSpare, register, register)
}

func (k neonDepthwise) write(name string) {
	k.function(name, "(r *depthwiseRow)", 0)
	k.op("MOVD", k.arg("r"), neonDepthwiseArgs)
	for _, f := range []struct{ field, register string }{
		{"x", neonDepthwiseTileX}, {"y", neonDepthwiseTileY}, {"xStep", neonDepthwiseStep}, {"yStep", neonDepthwiseStepY},
		{"xTap", neonDepthwiseXTap}, {"wTap", neonDepthwiseWTap}, {"pixels", neonDepthwisePixels},
	} {
		k.op("MOVD", k.field(f.field), f.register)
	}
	for _, tile := range neonDepthwiseTiles {
		k.op("SUBS", imm(tile.pixels), neonDepthwisePixels, neonDepthwisePixels)
		k.op("BLT", fmt.Sprintf("tilesOf%dDone", tile.pixels))
		k.label("tileOf%d", tile.pixels)
		k.op("MOVD", neonDepthwiseTileX, neonDepthwiseX)
		k.op("MOVD", neonDepthwiseTileY, neonDepthwiseY)
		k.channels(tile)
		for range tile.pixels {
			k.op("ADD", neonDepthwiseStep, neonDepthwiseTileX, neonDepthwiseTileX)
			k.op("ADD", neonDepthwiseStepY, neonDepthwiseTileY, neonDepthwiseTileY)
		}
		k.op("SUBS", imm(tile.pixels), neonDepthwisePixels, neonDepthwisePixels)
		k.op("BGE", fmt.Sprintf("tileOf%d", tile.pixels))
		k.label("tilesOf%dDone", tile.pixels)
		k.op("ADD", imm(tile.pixels), neonDepthwisePixels, neonDepthwisePixels)
	}
	k.op("RET")
}

// channels emits the loop over the channels of a tile.
func (k neonDepthwise) channels(tile depthwiseBlock) {
	k.op("MOVD", k.field("w"), neonDepthwiseW)
	k.op("MOVD", k.field("wAt"), neonDepthwiseSpare)
	k.op("ADD", neonDepthwiseSpare+"<<2", neonDepthwiseW, neonDepthwiseW)
	if !k.grad {
		k.op("MOVD", k.field("b"), neonDepthwiseB)
	}
	k.op("MOVD", k.field("channels"), neonDepthwiseChannels)
	for i, b := range tile.blocks() {
		name := fmt.Sprintf("block%d_%d", tile.pixels, i)
		lanes := 4 * b.vectors
		if b.masked {
			k.op("CBZ", neonDepthwiseChannels, name+"Done")
			k.edgeOf(neonDepthwiseEdge, neonDepthwiseChannels)
			k.block(b, name)
			k.label("%sDone", name)
			return
		}
		k.op("SUBS", imm(lanes), neonDepthwiseChannels, neonDepthwiseChannels)
		k.op("BLT", name+"Done")
		k.label("%s", name)
		k.block(b, name)
		k.op("ADD", imm(4*lanes), neonDepthwiseX, neonDepthwiseX)
		k.op("ADD", imm(4*lanes), neonDepthwiseY, neonDepthwiseY)
		k.op("ADD", imm(4*lanes), neonDepthwiseW, neonDepthwiseW)
		if !k.grad {
			k.op("ADD", imm(4*lanes), neonDepthwiseB, neonDepthwiseB)
		}
		k.op("SUBS", imm(lanes), neonDepthwiseChannels, neonDepthwiseChannels)
		k.op("BGE", name)
		k.label("%sDone", name)
		k.op("ADD", imm(lanes), neonDepthwiseChannels, neonDepthwiseChannels)
	}
}

func (k neonDepthwise) block(b depthwiseBlock, name string) {
	// Registers: a value for each pixel and vector, sums or the gradient for y, then one for
	// each vector, the filters or the sums for them, then two sets of those of x.
	value := func(p int) int { return p * b.vectors }
	filter := b.pixels * b.vectors
	x := func(p int) int { return filter + b.vectors + p%2*b.vectors }
	// pixels calls do with the address of each pixel of the tile.
	pixels := func(base, step string, do func(p int, at string)) {
		do(0, base)
		for p := 1; p < b.pixels; p++ {
			k.op("ADD", step, base, neonDepthwisePixel)
			base = neonDepthwisePixel
			do(p, base)
		}
	}
	if k.grad {
		k.comment("the gradient for y")
		pixels(neonDepthwiseY, neonDepthwiseStepY, func(p int, at string) { k.load(b, value(p), at) })
	} else {
		k.comment("sums = b, or 0")
		k.op("MOVD", k.field("b"), neonDepthwiseSpare)
		k.op("CBNZ", neonDepthwiseSpare, name+"Bias")
		for i := range filter {
			k.clear(i)
		}
		k.op("B", name+"Taps")
		k.label("%sBias", name)
		k.load(b, 0, neonDepthwiseB)
		for i := b.vectors; i < filter; i++ {
			k.move(i, i%b.vectors)
		}
		k.label("%sTaps", name)
	}
	k.op("MOVD", neonDepthwiseX, neonDepthwiseTapX)
	k.op("MOVD", neonDepthwiseW, neonDepthwiseTapW)
	k.op("MOVD", k.field("kh"), neonDepthwiseRows)
	k.label("%sRow", name)
	k.op("MOVD", k.field("kw"), neonDepthwiseCols)
	k.label("%sTap", name)
	k.load(b, filter, neonDepthwiseTapW)
	pixels(neonDepthwiseTapX, neonDepthwiseStep, func(p int, at string) {
		k.load(b, x(p), at)
		for v := range b.vectors {
			to, by := value(p)+v, filter+v
			if k.grad {
				to, by = by, to
			}
			k.three("fmla", to, x(p)+v, by)
		}
	})
	if k.grad {
		k.store(b, filter, neonDepthwiseTapW)
	}
	k.op("ADD", neonDepthwiseXTap, neonDepthwiseTapX, neonDepthwiseTapX)
	k.op("ADD", neonDepthwiseWTap, neonDepthwiseTapW, neonDepthwiseTapW)
	k.op("SUBS", imm(1), neonDepthwiseCols, neonDepthwiseCols)
	k.op("BNE", name+"Tap")
	k.advance(neonDepthwiseTapX, "xSkip")
	k.advance(neonDepthwiseTapW, "wSkip")
	k.op("SUBS", imm(1), neonDepthwiseRows, neonDepthwiseRows)
	k.op("BNE", name+"Row")
	if !k.grad {
		pixels(neonDepthwiseY, neonDepthwiseStepY, func(p int, at string) { k.store(b, value(p), at) })
	}
}

// load and store move the vectors of a pixel, in pairs.
func (k neonDepthwise) load(b depthwiseBlock, to int, from string) {
	switch {
	case b.masked:
		k.loadEdge(neonDepthwiseEdge, to, from)
	case b.vectors == 1:
		k.file.load(to, at(0, from))
	default:
		for v := 0; v < b.vectors; v += 2 {
			k.op("FLDPQ", at(16*v, from), fmt.Sprintf("(F%d, F%d)", to+v, to+v+1))
		}
	}
}

func (k neonDepthwise) store(b depthwiseBlock, of int, to string) {
	switch {
	case b.masked:
		k.storeEdge(neonDepthwiseEdge, of, to)
	case b.vectors == 1:
		k.file.store(of, at(0, to))
	default:
		for v := 0; v < b.vectors; v += 2 {
			k.op("FSTPQ", fmt.Sprintf("(F%d, F%d)", of+v, of+v+1), at(16*v, to))
		}
	}
}
