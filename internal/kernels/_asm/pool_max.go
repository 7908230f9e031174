package main

// maxPools writes pool_max_amd64.s: kernels over poolRow, see pool_max.go.
// Pixels are the outer loop, vectors of channels the middle one, cells of the window
// the inner ones.
func maxPools(f *file) {
	f.maskTable("poolMask")
	for _, v := range []vector{zmm, ymm} {
		suffix := map[bool]string{true: "AVX512", false: "AVX2"}[v.evex]
		poolKernel{f, v}.forward("maxPoolRow" + suffix)
		poolKernel{f, v}.gradient("maxPoolGradRow"+suffix, false)
		poolKernel{f, v}.gradient("maxPoolGradAddRow"+suffix, true)
	}
}

type poolKernel struct {
	*file
	v vector
}

// Registers: the row, pointers into its slices, and loop counters.
const (
	poolArgs     = "AX"
	poolX        = "SI" // x of the first cell of the window
	poolOut      = "DI" // out or y
	poolCell     = "R8" // x of the cell
	poolCellRow  = "R9" // x of the first cell of a row of the window
	poolChannels = "R10"
	poolRows     = "R11"
	poolCols     = "R12"
	poolDX       = "R13" // byte offset from x to dx
	poolDY       = "DX"  // byte offset from y to dy
	poolPixel    = "BX"  // stride of pixels of the image in bytes
)

func (k poolKernel) field(name string) string { return "poolRow_" + name + "(" + poolArgs + ")" }

// begin emits the loops down to one vector of channels of one window.
func (k poolKernel) begin(name, signature string, frame int) {
	k.function(name, signature, frame)
	k.op("MOVQ", k.arg("p"), poolArgs)
	k.op("MOVQ", k.field("pixel"), poolPixel)
	k.op("MOVQ", k.field("pixels"), "CX")
	k.op("MOVQ", "CX", "pixels-8(SP)")
	k.op("MOVQ", k.field("x"), poolX)
	k.op("MOVQ", k.field("y"), poolOut)
	k.label("pixel")
	k.op("MOVQ", poolX, "x-16(SP)")
	k.op("MOVQ", k.field("channels"), poolChannels)
	k.label("vector")
	if k.v.evex {
		k.comment("K1 = the channels left of 16 lanes")
		k.op("MOVQ", imm(16), "CX")
		k.op("CMPQ", poolChannels, "CX")
		k.op("CMOVQLT", poolChannels, "CX")
		k.op("MOVL", imm(1), "R15")
		k.op("SHLL", "CX", "R15")
		k.op("DECL", "R15")
		k.op("KMOVW", "R15", "K1")
	} else {
		k.comment("Y15 = the channels left of 8 lanes")
		k.op("MOVQ", imm(8), "CX")
		k.op("CMPQ", poolChannels, "CX")
		k.op("CMOVQLT", poolChannels, "CX")
		k.op("SHLQ", imm(2), "CX")
		k.op("LEAQ", "poolMask<>+32(SB)", "R15")
		k.op("SUBQ", "CX", "R15")
		k.op("VMOVUPS", "(R15)", "Y15")
	}
}

// cells emits the loops over the cells of the window around body.
func (k poolKernel) cells(body func()) {
	k.op("MOVQ", poolX, poolCellRow)
	k.op("MOVQ", k.field("kh"), poolRows)
	k.label("row")
	k.op("MOVQ", poolCellRow, poolCell)
	k.op("MOVQ", k.field("kw"), poolCols)
	k.label("cell")
	body()
	k.op("ADDQ", poolPixel, poolCell)
	k.op("DECQ", poolCols)
	k.op("JNZ", "cell")
	k.op("ADDQ", k.field("row"), poolCellRow)
	k.op("DECQ", poolRows)
	k.op("JNZ", "row")
}

// end closes the loops of begin.
func (k poolKernel) end() {
	k.op("SUBQ", imm(k.v.lanes), poolChannels)
	k.op("JLE", "next")
	k.op("ADDQ", imm(k.v.bytes()), poolX)
	k.op("ADDQ", imm(k.v.bytes()), poolOut)
	k.op("JMP", "vector")
	k.label("next")
	k.comment("to the next pixel, from the last vector of this one")
	k.op("MOVQ", "x-16(SP)", poolX)
	k.op("ADDQ", k.field("step"), poolX)
	k.op("LEAQ", mem(4*k.v.lanes, poolOut, poolChannels, 4), poolOut)
	k.op("DECQ", "pixels-8(SP)")
	k.op("JNZ", "pixel")
}

func (k poolKernel) load(at string, to int) {
	if k.v.evex {
		k.op("VMOVUPS.Z", at, "K1", k.v.reg(to))
	} else {
		k.op("VMASKMOVPS", at, "Y15", k.v.reg(to))
	}
}

func (k poolKernel) store(of int, at string) {
	if k.v.evex {
		k.op("VMOVUPS", k.v.reg(of), "K1", at)
	} else {
		k.op("VMASKMOVPS", k.v.reg(of), "Y15", at)
	}
}

func (k poolKernel) forward(name string) {
	k.begin(name, "(p *poolRow)", 16)
	best, x, larger := k.v.reg(0), k.v.reg(1), k.v.reg(2)
	k.load(mem(0, poolX, "", 0), 0)
	k.cells(func() {
		k.load(mem(0, poolCell, "", 0), 1)
		k.comment("best = best > x ? best : x, but a NaN stays")
		k.op("VMAXPS", x, best, larger)
		if k.v.evex {
			k.op("VCMPPS", "$3", best, best, "K2")
			k.op("VMOVAPS", best, "K2", larger)
			k.op("VMOVAPS", larger, best)
		} else {
			k.op("VCMPPS", "$3", best, best, "Y3")
			k.op("VBLENDVPS", "Y3", best, larger, best)
		}
	})
	k.store(0, mem(0, poolOut, "", 0))
	k.end()
	k.ret()
}

// gradient writes dx of windows that do not overlap or, with add, adds to it.
func (k poolKernel) gradient(name string, add bool) {
	k.begin(name, "(p *poolRow) (missing int)", 24)
	// Offsets from x to dx and from y to dy.
	k.op("MOVQ", k.field("dx"), poolDX)
	k.op("SUBQ", k.field("x"), poolDX)
	k.op("MOVQ", k.field("dy"), poolDY)
	k.op("SUBQ", k.field("y"), poolDY)
	const y, dy, x = 0, 1, 2
	k.load(mem(0, poolOut, "", 0), y)
	k.load(mem(0, poolOut, poolDY, 1), dy)
	if k.v.evex {
		k.comment("K2 = the channels whose maximum has not come yet")
		k.op("KMOVW", "K1", "K2")
		k.cells(func() {
			k.load(mem(0, poolCell, "", 0), x)
			k.comment("K3 = x is y or NaN, for the first time")
			k.op("VCMPPS", "$0", k.v.reg(y), k.v.reg(x), "K3")
			k.op("VCMPPS", "$3", k.v.reg(x), k.v.reg(x), "K4")
			k.op("KORW", "K3", "K4", "K3")
			k.op("KANDW", "K2", "K3", "K3")
			k.op("KANDNW", "K2", "K3", "K2")
			if add {
				k.comment("dx += dy there")
				k.load(mem(0, poolCell, poolDX, 1), 3)
				k.op("VADDPS", k.v.reg(dy), k.v.reg(3), "K3", k.v.reg(3))
			} else {
				k.comment("dx = dy there, else 0")
				k.op("VMOVAPS.Z", k.v.reg(dy), "K3", k.v.reg(3))
			}
			k.store(3, mem(0, poolCell, poolDX, 1))
		})
		k.op("KORTESTW", "K2", "K2")
		k.op("JNZ", "missing")
	} else {
		k.comment("Y4 = the channels whose maximum has not come yet")
		k.op("VMOVAPS", "Y15", "Y4")
		k.cells(func() {
			k.load(mem(0, poolCell, "", 0), x)
			k.comment("Y3 = x is y or NaN, for the first time")
			k.op("VCMPPS", "$0", "Y0", "Y2", "Y3")
			k.op("VCMPPS", "$3", "Y2", "Y2", "Y5")
			k.op("VORPS", "Y3", "Y5", "Y3")
			k.op("VANDPS", "Y4", "Y3", "Y3")
			k.op("VANDNPS", "Y4", "Y3", "Y4")
			k.comment("dx = dy there, else 0")
			k.op("VANDPS", "Y1", "Y3", "Y3")
			if add {
				k.comment("added to dx")
				k.load(mem(0, poolCell, poolDX, 1), 5)
				k.op("VADDPS", "Y5", "Y3", "Y3")
			}
			k.store(3, mem(0, poolCell, poolDX, 1))
		})
		k.op("VTESTPS", "Y4", "Y4")
		k.op("JNZ", "missing")
	}
	k.end()
	k.op("MOVQ", imm(0), k.arg("missing"))
	k.ret()
	k.label("missing")
	k.op("MOVQ", imm(1), k.arg("missing"))
	k.ret()
}
