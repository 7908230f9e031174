package main

// maxPoolsNEON writes pool_max_arm64.s: kernels over poolRow, see pool_max.go. Pixels
// are the outer loop, vectors of channels the middle one, cells of the window the inner ones.
func maxPoolsNEON(f *file) {
	neonPool{file: f}.forward()
	neonPool{file: f}.gradient("maxPoolGradRowNEON", false)
	neonPool{file: f}.gradient("maxPoolGradAddRowNEON", true)
}

type neonPool struct {
	*file
	edge bool // the remaining channels, fewer than lanes
}

// Registers: the row, pointers into its slices, and loop counters.
const (
	neonPoolArgs     = "R0"
	neonPoolX        = "R1" // x of the first cell of the window
	neonPoolOut      = "R2" // out or y
	neonPoolCell     = "R3" // x of the cell
	neonPoolCellRow  = "R4" // x of the first cell of a row of the window
	neonPoolChannels = "R5"
	neonPoolRows     = "R6"
	neonPoolCols     = "R7"
	neonPoolDX       = "R8"  // byte offset from x to dx
	neonPoolDY       = "R9"  // byte offset from y to dy
	neonPoolPixel    = "R10" // stride of pixels of the image in bytes
	neonPoolRow      = "R11" // stride of rows in bytes
	neonPoolPixels   = "R12"
	neonPoolFirst    = "R13" // x of the first channel of the window
	neonPoolSpare    = "R14"
	neonPoolPlace    = "R15" // pointer into dx or dy
)

var neonPoolEdge = edge{"R16", "R17", "R19"}

func (k neonPool) field(name string) string { return "poolRow_" + name + "(" + neonPoolArgs + ")" }

// windows emits the loops over vectors of channels of windows around body.
func (k neonPool) windows(body func(k neonPool)) {
	k.op("MOVD", k.field("pixel"), neonPoolPixel)
	k.op("MOVD", k.field("row"), neonPoolRow)
	k.op("MOVD", k.field("pixels"), neonPoolPixels)
	k.op("MOVD", k.field("x"), neonPoolX)
	k.op("MOVD", k.field("y"), neonPoolOut)
	k.label("pixel")
	k.op("MOVD", neonPoolX, neonPoolFirst)
	k.op("MOVD", k.field("channels"), neonPoolChannels)
	k.op("SUBS", imm(4), neonPoolChannels, neonPoolChannels)
	k.op("BLT", "last")
	k.label("vector")
	body(k)
	k.op("ADD", imm(16), neonPoolX, neonPoolX)
	k.op("ADD", imm(16), neonPoolOut, neonPoolOut)
	k.op("SUBS", imm(4), neonPoolChannels, neonPoolChannels)
	k.op("BGE", "vector")
	k.label("last")
	k.op("ADDS", imm(4), neonPoolChannels, neonPoolChannels)
	k.op("BEQ", "next")
	k.edgeOf(neonPoolEdge, neonPoolChannels)
	k.edge = true
	body(k)
	k.op("ADD", neonPoolChannels+"<<2", neonPoolOut, neonPoolOut)
	k.label("next")
	k.op("MOVD", k.field("step"), neonPoolX)
	k.op("ADD", neonPoolFirst, neonPoolX, neonPoolX)
	k.op("SUBS", imm(1), neonPoolPixels, neonPoolPixels)
	k.op("BNE", "pixel")
}

// cells emits the loops over the cells of the window around body.
func (k neonPool) cells(body func()) {
	row, cell := "row", "cell"
	if k.edge {
		row, cell = "edgeRow", "edgeCell"
	}
	k.op("MOVD", neonPoolX, neonPoolCellRow)
	k.op("MOVD", k.field("kh"), neonPoolRows)
	k.label("%s", row)
	k.op("MOVD", neonPoolCellRow, neonPoolCell)
	k.op("MOVD", k.field("kw"), neonPoolCols)
	k.label("%s", cell)
	body()
	k.op("ADD", neonPoolPixel, neonPoolCell, neonPoolCell)
	k.op("SUBS", imm(1), neonPoolCols, neonPoolCols)
	k.op("BNE", cell)
	k.op("ADD", neonPoolRow, neonPoolCellRow, neonPoolCellRow)
	k.op("SUBS", imm(1), neonPoolRows, neonPoolRows)
	k.op("BNE", row)
}

func (k neonPool) load(to int, from string) {
	if k.edge {
		k.loadEdge(neonPoolEdge, to, from)
	} else {
		k.file.load(to, at(0, from))
	}
}

func (k neonPool) store(of int, to string) {
	if k.edge {
		k.storeEdge(neonPoolEdge, of, to)
	} else {
		k.file.store(of, at(0, to))
	}
}

func (k neonPool) forward() {
	const best, x = 0, 1
	k.function("maxPoolRowNEON", "(p *poolRow)", 0)
	k.op("MOVD", k.arg("p"), neonPoolArgs)
	k.windows(func(k neonPool) {
		k.load(best, neonPoolX)
		k.cells(func() {
			k.load(x, neonPoolCell)
			k.three("fmax", best, best, x)
		})
		k.store(best, neonPoolOut)
	})
	k.op("RET")
}

// gradient writes dx of windows that do not overlap or, with add, adds to it.
func (k neonPool) gradient(name string, add bool) {
	const y, dy, x, here, nan, open = 0, 1, 2, 3, 4, 5
	k.function(name, "(p *poolRow) (missing int)", 0)
	k.op("MOVD", k.arg("p"), neonPoolArgs)
	k.comment("offsets from x to dx and from y to dy")
	k.op("MOVD", k.field("dx"), neonPoolDX)
	k.op("MOVD", k.field("x"), neonPoolSpare)
	k.op("SUB", neonPoolSpare, neonPoolDX, neonPoolDX)
	k.op("MOVD", k.field("dy"), neonPoolDY)
	k.op("MOVD", k.field("y"), neonPoolSpare)
	k.op("SUB", neonPoolSpare, neonPoolDY, neonPoolDY)
	k.windows(func(k neonPool) {
		k.load(y, neonPoolOut)
		k.op("ADD", neonPoolDY, neonPoolOut, neonPoolPlace)
		k.load(dy, neonPoolPlace)
		k.comment("open = the channels whose maximum has not come yet")
		k.op("VCMEQ", v4(open), v4(open), v4(open))
		k.cells(func() {
			k.load(x, neonPoolCell)
			k.comment("here = x is y or NaN, for the first time")
			k.three("fcmeq", here, x, y)
			k.three("fcmeq", nan, x, x)
			k.orNot(here, here, nan)
			k.and(here, here, open)
			k.op("VEOR", v16(here), v16(open), v16(open))
			k.comment("dx = dy there, else 0")
			k.and(here, here, dy)
			k.op("ADD", neonPoolDX, neonPoolCell, neonPoolPlace)
			if add {
				k.comment("added to dx")
				k.load(nan, neonPoolPlace)
				k.three("fadd", here, here, nan)
			}
			k.store(here, neonPoolPlace)
		})
		k.umaxv(open, open)
		k.op("VMOV", lane(open, 0), neonPoolSpare)
		k.op("CBNZW", neonPoolSpare, "missing")
	})
	k.op("MOVD", "ZR", k.arg("missing"))
	k.op("RET")
	k.label("missing")
	k.op("MOVD", imm(1), neonPoolSpare)
	k.op("MOVD", neonPoolSpare, k.arg("missing"))
	k.op("RET")
}
