package main

import "fmt"

// A neonTile is a tile of up to rows by cols sums in registers, cols being vectors of
// four. If cols is 3, a row is one vector of up to three columns.
type neonTile struct {
	*file
	name       string
	rows, cols int
	m          int // rows of the body that is generated
}

// tilesNEON writes product_tile_arm64.s: see tile in product.go for the formula.
//
// Values of b are loaded as vectors of columns. A multiply-add can take a lane of a
// register as its factor, so four values of a are loaded at once where they are
// contiguous: along p, or along the rows. The terms of each sum and their order are the same
// in each case.
func tilesNEON(f *file) {
	f.line("")
	f.line("// Minus infinity, then zero.")
	f.line("DATA tileFloor<>+0(SB)/4, $0xff800000")
	f.line("DATA tileFloor<>+4(SB)/4, $0")
	f.line("GLOBL tileFloor<>(SB), RODATA|NOPTR, $8")
	for _, t := range []neonTile{
		{f, "tile16NEON", 6, 16, 0},
		{f, "tile8NEON", 8, 8, 0},
		{f, "tile4NEON", 12, 4, 0},
		{f, "tile3NEON", 12, 3, 0},
	} {
		t.write()
	}
}

// Registers of a tile.
const (
	neonArgs  = "R0" // *tile
	neonN1    = "R1" // remaining products of the inner loop
	neonN2    = "R2" // remaining iterations of the middle loop
	neonN3    = "R3" // and in the outer loop
	neonSpare = "R4"
	neonB     = "R17" // b in the inner loop
	neonAStep = "R21" // a1
	neonBStep = "R22" // b1
	neonA2    = "R23" // a and b in the middle loop
	neonB2    = "R24"
	neonA3    = "R25" // and in the outer loop
	neonB3    = "R26"
)

var neonTileEdge = edge{"R19", "R20", "R4"}

// row is the register that points to a row, of a or of c.
func (neonTile) row(i int) string { return fmt.Sprintf("R%d", 5+i) }

// The first vector registers hold the sums, the next two alternate as vectors of b, and the
// last hold a, one per row.
func (t neonTile) vectors() int             { return (t.cols + 3) / 4 }
func (t neonTile) sum(i, j int) int         { return i*t.vectors() + j }
func (t neonTile) b(j int) int              { return t.rows*t.vectors() + j%2 }
func (t neonTile) a(i int) int              { return 31 - i }
func (t neonTile) field(name string) string { return "tile_" + name + "(" + neonArgs + ")" }

func (t neonTile) write() {
	t.function(t.name, "(t *tile)", 0)
	t.op("MOVD", t.arg("t"), neonArgs)
	if t.cols < 4 {
		t.op("MOVD", t.field("cols"), neonSpare)
		t.edgeOf(neonTileEdge, neonSpare)
	}
	t.comment("a body for each number of rows")
	t.op("MOVD", t.field("rows"), neonN1)
	for m := t.rows; m > 1; m-- {
		t.op("CMP", imm(m), neonN1)
		t.op("BEQ", fmt.Sprintf("rows%d", m))
	}
	for t.m = 1; t.m <= t.rows; t.m++ {
		t.body()
	}
}

func (t neonTile) body() {
	label := func(name string) string { return fmt.Sprintf("%s%d", name, t.m) }
	t.line("")
	t.label("%s", label("rows"))
	for i := range t.m {
		for j := range t.vectors() {
			t.clear(t.sum(i, j))
		}
	}
	t.op("MOVD", t.field("a1"), neonAStep)
	t.op("MOVD", t.field("b1"), neonBStep)
	t.op("MOVD", t.field("a"), neonA3)
	t.op("MOVD", t.field("b"), neonB3)
	t.op("MOVD", t.field("n3"), neonN3)

	t.label("%s", label("third"))
	t.op("MOVD", neonA3, neonA2)
	t.op("MOVD", neonB3, neonB2)
	t.op("MOVD", t.field("n2"), neonN2)

	t.label("%s", label("second"))
	t.op("MOVD", t.field("n1"), neonN1)
	t.op("MOVD", neonB2, neonB)
	t.op("MOVD", neonA2, t.row(0))
	t.op("MOVD", t.field("aRow"), neonSpare)
	if t.m >= 4 {
		t.op("CMP", imm(4), neonSpare)
		t.op("BEQ", label("alongRows"))
	}
	t.rowsFrom(neonSpare)
	t.op("CMP", imm(4), neonAStep)
	t.op("BNE", label("each"))

	t.comment("four values of each row of a, which are contiguous")
	t.op("SUBS", imm(4), neonN1, neonN1)
	t.op("BLT", label("few"))
	t.label("%s", label("four"))
	for i := range t.m {
		t.op("FMOVQ.P", at(16, t.row(i)), float(t.a(i)))
	}
	for p := range 4 {
		t.products(func(sum, b, i int) { t.fmlaLane(sum, b, t.a(i), p) })
	}
	t.op("SUBS", imm(4), neonN1, neonN1)
	t.op("BGE", label("four"))
	t.label("%s", label("few"))
	t.op("ADDS", imm(4), neonN1, neonN1)
	t.op("BEQ", label("secondEnd"))

	t.label("%s", label("each"))
	t.comment("one value of each row of a")
	for i := range t.m {
		t.op("VLD1R.P", fmt.Sprintf("(%s)(%s)", t.row(i), neonAStep), "["+v4(t.a(i))+"]")
	}
	t.products(func(sum, b, i int) { t.three("fmla", sum, b, t.a(i)) })
	t.op("SUBS", imm(1), neonN1, neonN1)
	t.op("BNE", label("each"))
	if t.m >= 4 {
		t.op("B", label("secondEnd"))
		t.label("%s", label("alongRows"))
		t.comment("the rows of a, which are contiguous; the last vector may overlap the one before")
		for v := range (t.m + 3) / 4 {
			t.load(t.a(v), at(4*min(4*v, t.m-4), t.row(0)))
		}
		t.products(func(sum, b, i int) {
			v := i / 4
			t.fmlaLane(sum, b, t.a(v), i-min(4*v, t.m-4))
		})
		t.op("ADD", neonAStep, t.row(0), t.row(0))
		t.op("SUBS", imm(1), neonN1, neonN1)
		t.op("BNE", label("alongRows"))
	}

	t.label("%s", label("secondEnd"))
	t.step("a2", neonA2)
	t.step("b2", neonB2)
	t.op("SUBS", imm(1), neonN2, neonN2)
	t.op("BNE", label("second"))
	t.step("a3", neonA3)
	t.step("b3", neonB3)
	t.op("SUBS", imm(1), neonN3, neonN3)
	t.op("BNE", label("third"))
	t.results()
}

// step adds a field to a register.
func (t neonTile) step(field, to string) {
	t.op("MOVD", t.field(field), neonSpare)
	t.op("ADD", neonSpare, to, to)
}

// rowsFrom computes pointers to the other rows, step bytes apart.
func (t neonTile) rowsFrom(step string) {
	for i := 1; i < t.m; i++ {
		t.op("ADD", step, t.row(i-1), t.row(i))
	}
}

// products loads a row of b and calls add for each of the sums.
func (t neonTile) products(add func(sum, b, i int)) {
	for j := range t.vectors() {
		b := t.b(j)
		switch {
		case t.cols < 4:
			t.loadEdge(neonTileEdge, b, neonB)
		case t.vectors() == 1:
			t.load(b, at(0, neonB))
		case j%2 == 0:
			t.op("FLDPQ", at(16*j, neonB), pair(b))
		}
		for i := range t.m {
			add(t.sum(i, j), b, i)
		}
	}
	t.op("ADD", neonBStep, neonB, neonB)
}

// results writes c[i,j] = add[i,j] + sum[i,j], at least 0 with relu.
func (t neonTile) results() {
	const floor, add, spare = 31, 30, 29
	t.comment("c[i,j] = add[i,j] + sum[i,j], at least 0 with relu")
	t.op("MOVD", t.field("relu"), neonN1)
	t.op("MOVD", "$tileFloor<>(SB)", neonN2)
	t.op("ADD", neonN1+"<<2", neonN2, neonN2)
	t.loadLanes(floor, at(0, neonN2))
	t.op("MOVD", t.field("c"), t.row(0))
	t.op("MOVD", t.field("cRow"), neonSpare)
	t.rowsFrom(neonSpare)
	t.op("MOVD", t.field("add"), neonB)
	t.op("MOVD", t.field("addRow"), neonBStep)
	for i := range t.m {
		for j := range t.vectors() {
			if t.cols < 4 {
				t.loadEdge(neonTileEdge, add, neonB)
			} else {
				t.load(add, at(16*j, neonB))
			}
			t.three("fadd", t.sum(i, j), t.sum(i, j), add)
			t.atLeast(t.sum(i, j), floor, spare)
			if t.cols < 4 {
				t.storeEdge(neonTileEdge, t.sum(i, j), t.row(i))
			} else {
				t.store(t.sum(i, j), at(16*j, t.row(i)))
			}
		}
		if i < t.m-1 {
			t.op("ADD", neonBStep, neonB, neonB)
		}
	}
	t.op("RET")
}
