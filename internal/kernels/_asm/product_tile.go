package main

import "fmt"

// A tileShape is a tile of sums kept in registers: up to rows by cols, cols being
// nv vectors.
type tileShape struct {
	name string
	v    vector
	nv   int
	rows int
}

func (s tileShape) cols() int { return s.nv * s.v.lanes }

// tiles writes product_tile_amd64.s: see tile in product.go for the formula.
func tiles(f *file) {
	f.maskTable("tileMask")
	f.floorTable("tileFloor")
	tileShape{"tile32AVX512", zmm, 2, 12}.write(f)
	tileShape{"tile16AVX512", zmm, 1, 12}.write(f)
	tileShape{"tile8AVX512", ymmX, 1, 12}.write(f)
	tileShape{"tile16AVX2", ymm, 2, 6}.write(f)
	tileShape{"tile8AVX2", ymm, 1, 12}.write(f)
}

// Registers of a tile kernel.
const (
	args  = "AX"  // *tile
	count = "CX"  // remaining products of the inner loop
	aNext = "R14" // what the inner loop fetches ahead of a
	bNext = "BX"  // and how far ahead of b
	bAt   = "DI"  // b in the inner loop
	aStep = "R9"  // a1
	bStep = "R13" // b1
	aRow  = "R8"  // bytes from one row of a to the next
	aOut  = "DX"  // a in the middle loop
	bOut  = "R15" // b in the middle loop
)

// aAt holds a in the inner loop: one register for three rows, addressed with an index register.
var aAt = []string{"SI", "R10", "R11", "R12"}

func (s tileShape) write(f *file) {
	f.function(s.name, "(t *tile)", 32)
	f.op("MOVQ", f.arg("t"), args)
	if s.hasEdge() {
		f.op("CMPQ", "tile_cols("+args+")", imm(s.cols()))
		f.op("JNE", "edge")
	}
	s.bodies(f, false)
	if s.hasEdge() {
		f.label("edge")
		s.masks(f)
		s.bodies(f, true)
	}
}

// hasEdge reports whether tiles may have fewer columns than their vectors have lanes: those of two AVX2
// vectors are always full. Such tiles have bodies of their own, with masks, which cost Intel's processors
// a tenth of the speed.
func (s tileShape) hasEdge() bool { return s.v.evex || s.nv == 1 }

// bodies writes a body for each number of rows, and a jump to it.
func (s tileShape) bodies(f *file, edge bool) {
	f.comment("a body for each number of rows")
	f.op("MOVQ", "tile_rows("+args+")", count)
	for m := s.rows; m > 1; m-- {
		f.op("CMPQ", count, imm(m))
		f.op("JEQ", s.label("rows", m, edge))
	}
	for m := 1; m <= s.rows; m++ {
		s.body(f, m, edge)
	}
}

// label is the name of a place in the body for so many rows.
func (s tileShape) label(name string, m int, edge bool) string {
	if edge {
		name = "edge_" + name
	}
	return fmt.Sprintf("%s%d", name, m)
}

// masks sets K1 and K2, or Y15, to the columns that exist.
func (s tileShape) masks(f *file) {
	switch {
	case s.v.evex:
		f.comment("K1, K2 = the first cols of %d lanes", s.cols())
		f.op("MOVQ", "tile_cols("+args+")", "CX")
		f.op("MOVQ", imm(1), "BX")
		f.op("SHLQ", "CX", "BX")
		f.op("DECQ", "BX")
		f.op("KMOVW", "BX", "K1")
		f.op("SHRQ", imm(16), "BX")
		f.op("KMOVW", "BX", "K2")
	case s.nv == 1:
		f.comment("Y15 = the first cols of 8 lanes")
		f.op("LEAQ", "tileMask<>+32(SB)", "BX")
		f.op("MOVQ", "tile_cols("+args+")", "CX")
		f.op("SHLQ", imm(2), "CX")
		f.op("SUBQ", "CX", "BX")
		f.op("VMOVUPS", "(BX)", "Y15")
	}
}

func (s tileShape) mask(j int) string { return fmt.Sprintf("K%d", j+1) }

// acc is the accumulator register of row i, vector j; b and spare are the other
// registers.
func (s tileShape) acc(i, j int) string { return s.v.reg(i*s.nv + j) }
func (s tileShape) b(j int) string      { return s.v.reg(s.rows*s.nv + j) }
func (s tileShape) spare(i int) string {
	first, end := (s.rows+1)*s.nv, 16
	if s.v.evex {
		end = 32
	} else if s.nv == 1 {
		end = 15 // Y15 is the mask
	}
	return s.v.reg(first + i%(end-first))
}

// floor is the register of the lower bound of results, used after the products.
func (s tileShape) floor() string { return s.spare(0) }

func (s tileShape) body(f *file, m int, edge bool) {
	label := func(name string) string { return s.label(name, m, edge) }
	field := func(name string) string { return "tile_" + name + "(" + args + ")" }
	f.line("")
	f.label("%s", label("rows"))
	for i := range m {
		for j := range s.nv {
			f.zero(s.v, s.acc(i, j))
		}
	}
	f.comment("fetch c while the products run")
	f.op("MOVQ", field("c"), bAt)
	f.op("MOVQ", field("cRow"), aRow)
	for i := range m {
		for at := 0; at < s.nv*s.v.bytes(); at += 64 {
			f.op("PREFETCHT0", mem(at, bAt, "", 0))
		}
		if i < m-1 {
			f.op("ADDQ", aRow, bAt)
		}
	}
	f.op("MOVQ", field("aRow"), aRow)
	f.op("MOVQ", field("a1"), aStep)
	f.op("MOVQ", field("b1"), bStep)
	f.op("MOVQ", field("a"), aOut)
	f.op("MOVQ", field("b"), bOut)
	f.op("MOVQ", field("n3"), aNext)
	f.op("MOVQ", aNext, "left3-8(SP)")
	f.op("MOVQ", field("bAhead"), bNext)

	f.label("%s", label("third"))
	f.op("MOVQ", aOut, "a3-16(SP)")
	f.op("MOVQ", bOut, "b3-24(SP)")
	f.op("MOVQ", field("n2"), aNext)
	f.op("MOVQ", aNext, "left2-32(SP)")

	f.label("%s", label("second"))
	f.op("MOVQ", field("aAhead"), aNext)
	f.op("ADDQ", aOut, aNext)
	f.op("MOVQ", field("n1"), count)
	f.op("MOVQ", bOut, bAt)
	f.op("MOVQ", aOut, aAt[0])
	for g := 1; 3*g < m; g++ {
		f.op("LEAQ", mem(0, aAt[g-1], aRow, 2), aAt[g])
		f.op("ADDQ", aRow, aAt[g])
	}

	if s.paired(m, edge) {
		s.pairs(f, m)
	}
	f.label("%s", label("first"))
	s.products(f, m, operands{
		a:     func(row int) string { return mem(0, aAt[row/3], aRow, row%3) },
		b:     func(at int) string { return mem(at, bAt, "", 0) },
		ahead: func(at int) string { return mem(at, bAt, bNext, 1) },
		edge:  edge,
	})
	for g := 0; 3*g < m; g++ {
		f.op("ADDQ", aStep, aAt[g])
	}
	f.op("ADDQ", bStep, bAt)
	f.op("DECQ", count)
	f.op("JNZ", label("first"))
	if s.paired(m, edge) {
		f.label("%s", label("summed"))
	}

	f.op("ADDQ", field("a2"), aOut)
	f.op("ADDQ", field("b2"), bOut)
	f.op("DECQ", "left2-32(SP)")
	f.op("JNZ", label("second"))

	f.op("MOVQ", "a3-16(SP)", aOut)
	f.op("ADDQ", field("a3"), aOut)
	f.op("MOVQ", "b3-24(SP)", bOut)
	f.op("ADDQ", field("b3"), bOut)
	f.op("DECQ", "left3-8(SP)")
	f.op("JNZ", label("third"))

	f.comment("c[i,j] = add[i,j] + sum[i,j], at least 0 with relu")
	f.op("MOVQ", field("relu"), count)
	f.op("LEAQ", "tileFloor<>(SB)", bNext)
	f.op("VBROADCASTSS", mem(0, bNext, count, 4), s.floor())
	f.op("MOVQ", field("add"), "SI")
	f.op("MOVQ", field("addRow"), "R8")
	f.op("MOVQ", field("c"), "DI")
	f.op("MOVQ", field("cRow"), "R9")
	s.store(f, m, edge)
	f.ret()
}

// paired reports whether a body has loops of its own for pairs of terms. With AVX2 they gain nothing.
func (s tileShape) paired(m int, edge bool) bool { return s.v == zmm && !edge && m >= 8 }

// pairs writes loops over pairs of terms, which advance half as many pointers: they take Intel's
// processors 2 to 6% of the time. One is for terms of a side by side and rows of b as long as a row of the
// tile, one for rows of a side by side.
func (s tileShape) pairs(f *file, m int) {
	label := func(name string) string { return s.label(name, m, false) }
	row := s.nv * s.v.bytes()
	f.op("TESTQ", imm(1), count)
	f.op("JNE", label("first"))
	f.op("CMPQ", aRow, imm(4))
	f.op("JEQ", label("beside"))
	f.op("CMPQ", aStep, imm(4))
	f.op("JNE", label("first"))
	f.op("CMPQ", bStep, imm(row))
	f.op("JNE", label("first"))

	f.label("%s", label("pairs"))
	for term := range 2 {
		s.products(f, m, operands{
			a:     func(row int) string { return mem(4*term, aAt[row/3], aRow, row%3) },
			b:     func(at int) string { return mem(term*row+at, bAt, "", 0) },
			ahead: func(at int) string { return mem(term*row+at, bAt, bNext, 1) },
		})
	}
	for g := 0; 3*g < m; g++ {
		f.op("ADDQ", imm(2*4), aAt[g])
	}
	f.op("ADDQ", imm(2*row), bAt)
	f.op("SUBQ", imm(2), count)
	f.op("JNZ", label("pairs"))
	f.op("JMP", label("summed"))

	f.label("%s", label("beside"))
	f.op("LEAQ", mem(0, bNext, bStep, 1), aAt[1])
	f.label("%s", label("besides"))
	for term := range 2 {
		aIndex, bIndex, bAhead := "", "", bNext
		if term > 0 {
			aIndex, bIndex, bAhead = aStep, bStep, aAt[1]
		}
		s.products(f, m, operands{
			a:     func(row int) string { return mem(4*row, aAt[0], aIndex, term) },
			b:     func(at int) string { return mem(at, bAt, bIndex, term) },
			ahead: func(at int) string { return mem(at, bAt, bAhead, 1) },
		})
	}
	f.op("LEAQ", mem(0, aAt[0], aStep, 2), aAt[0])
	f.op("LEAQ", mem(0, bAt, bStep, 2), bAt)
	f.op("SUBQ", imm(2), count)
	f.op("JNZ", label("besides"))
	f.op("JMP", label("summed"))
	f.line("")
}

// The operands of a round of products: a of a row, and b, and b some rounds ahead, so many bytes
// from the first of a row.
type operands struct {
	a        func(row int) string
	b, ahead func(at int) string
	edge     bool
}

// products adds a[i]·b[j] to each of the m rows of sums.
func (s tileShape) products(f *file, m int, o operands) {
	for j := range s.nv {
		at := o.b(j * s.v.bytes())
		switch {
		case o.edge && s.v.evex:
			f.op("VMOVUPS.Z", at, s.mask(j), s.b(j))
		case o.edge:
			f.op("VMASKMOVPS", at, "Y15", s.b(j))
		default:
			f.op("VMOVUPS", at, s.b(j))
		}
	}
	for at := 0; at < s.nv*s.v.bytes(); at += 64 {
		f.op("PREFETCHT0", o.ahead(at))
	}
	f.op("PREFETCHT1", mem(0, aNext, "", 0))
	f.op("ADDQ", "tile_aNext("+args+")", aNext)
	for i := range m {
		if s.v.evex && s.nv == 1 {
			f.op("VFMADD231PS.BCST", o.a(i), s.b(0), s.acc(i, 0))
			continue
		}
		f.op("VBROADCASTSS", o.a(i), s.spare(i))
		for j := range s.nv {
			f.op("VFMADD231PS", s.spare(i), s.b(j), s.acc(i, j))
		}
	}
}

// store writes the sums, plus what they are to be added to, row by row.
func (s tileShape) store(f *file, m int, edge bool) {
	for i := range m {
		for j := range s.nv {
			add, c, sum := mem(j*s.v.bytes(), "SI", "", 0), mem(j*s.v.bytes(), "DI", "", 0), s.acc(i, j)
			switch {
			case !edge:
				f.op("VADDPS", add, sum, sum)
				f.op("VMAXPS", sum, s.floor(), sum)
				f.op("VMOVUPS", sum, c)
			case s.v.evex:
				f.op("VADDPS", add, sum, s.mask(j), sum)
				f.op("VMAXPS", sum, s.floor(), sum)
				f.op("VMOVUPS", sum, s.mask(j), c)
			default:
				f.op("VMASKMOVPS", add, "Y15", s.b(0))
				f.op("VADDPS", s.b(0), sum, sum)
				f.op("VMAXPS", sum, s.floor(), sum)
				f.op("VMASKMOVPS", sum, "Y15", c)
			}
		}
		if i < m-1 {
			f.op("ADDQ", "R8", "SI")
			f.op("ADDQ", "R9", "DI")
		}
	}
}
