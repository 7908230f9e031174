package main

import (
	"slices"
	"strings"
)

// A rowwise kernel runs over rows of a whole number of vectors. Some slices have a value for
// each row and column; others, with one value per column, are read again for each row.
type rowwise struct {
	name    string
	rows    []string // slices of all rows, one argument each
	written int      // of these, the first that are only written: 0 or 1
	columns int      // slices of one value per column, stride values apart in one argument
	sums    int      // the same, but added to
	relu    bool     // whether an argument selects a second body, with a ReLU after it
	body    func(e emitter, s rowSlices, relu bool)
}

// rowSlices holds the indices of the slices in the body.
type rowSlices struct{ columns, sums int } // the first of each kind

// Columns, as in columnArgs of norm_batch.go.
const (
	columnMean = iota
	columnScale
	columnOffset
	columnSlope
	columnConstant
)

// normMost is the register of the largest output.
const normMost = 8

// batchNormKernels round after each operation, except those that sum.
var batchNormKernels = []rowwise{
	moments,
	{"norm", []string{"out", "x"}, 1, 3, 0, true, func(e emitter, s rowSlices, relu bool) {
		normalized(e, s, 1, 0)
		if relu {
			e.comment("min(max(out, 0), most)")
			e.zeroed(1)
			e.atLeast0(0, 0, 1)
			e.atMost(0, 0, normMost)
		}
		e.store(0, 0)
	}},
	{"normGradSums", []string{"x", "dy"}, 0, 3, 2, true, func(e emitter, s rowSlices, relu bool) {
		gradient(e, s, 0, 1, relu)
		e.comment("sums += dy, dy·(x - mean)")
		e.load(3, s.sums)
		e.add(3, 3, 2)
		e.store(s.sums, 3)
		e.load(4, s.sums+1)
		e.mulAdd(4, 2, 1)
		e.store(s.sums+1, 4)
	}},
	{"normGrad", []string{"dx", "x", "dy"}, 1, 5, 0, true, func(e emitter, s rowSlices, relu bool) {
		gradient(e, s, 1, 2, relu)
		e.comment("dx = (dy·scale - (x - mean)·slope) - constant")
		e.mulAt(2, 2, s.columns+columnScale)
		e.mulAt(1, 1, s.columns+columnSlope)
		e.sub(2, 2, 1)
		e.subAt(2, 2, s.columns+columnConstant)
		e.store(0, 2)
	}},
}

// moments sums x - mean and its square, where mean is an estimate of the mean.
var moments = rowwise{"moments", []string{"x"}, 0, 1, 2, false, func(e emitter, s rowSlices, _ bool) {
	e.comment("sums += x - mean, (x - mean)²")
	e.load(0, 0)
	e.subAt(0, 0, s.columns+columnMean)
	e.load(1, s.sums)
	e.add(1, 1, 0)
	e.store(s.sums, 1)
	e.load(2, s.sums+1)
	e.mulAdd(2, 0, 0)
	e.store(s.sums+1, 2)
}}

// normalized computes x - mean in register 1 and its normalized value in to.
func normalized(e emitter, s rowSlices, x, to int) {
	e.comment("(x - mean)·scale + offset")
	e.load(1, x)
	e.subAt(1, 1, s.columns+columnMean)
	e.mulAt(to, 1, s.columns+columnScale)
	e.addAt(to, to, s.columns+columnOffset)
}

// gradient computes x - mean in register 1 and dy in register 2: with relu, the gradient of
// its input.
func gradient(e emitter, s rowSlices, x, dy int, relu bool) {
	if !relu {
		e.load(1, x)
		e.subAt(1, 1, s.columns+columnMean)
		e.load(2, dy)
		return
	}
	normalized(e, s, x, 0)
	e.comment("dy where that is > 0 and < most, else 0")
	e.zeroed(3)
	e.whereBetween(2, dy, 0, 3, normMost)
}

// batchNorms writes norm_batch_amd64.s.
func batchNorms(f *file) {
	for _, k := range batchNormKernels {
		forms(f, k.name, k.write)
	}
}

// batchNormsNEON writes norm_batch_arm64.s.
func batchNormsNEON(f *file) {
	for _, k := range batchNormKernels {
		k.write(emitter{file: f, v: neon}, k.name+"NEON", "")
	}
}

func (k rowwise) write(e emitter, name, base string) {
	slices := append(slices.Clone(k.rows), "columns")
	if k.sums > 0 {
		slices = append(slices, "sums")
	}
	signature := "(" + strings.Join(slices, ", ") + " []float32, rows, width, stride int"
	if k.relu {
		signature += ", relu bool, most float32"
	}
	e.function(name, signature+")", 0)
	if e.v == neon {
		k.beginNEON(e)
	} else {
		k.begin(e)
	}
	if e.stream {
		e.unlessAligned(base) // and rows are whole vectors
	}
	if k.relu {
		e.constant(normMost, "most")
		e.ifFlag("relu", "reluRow")
	}
	loops := k.loops
	if e.v == neon {
		loops = k.loopsNEON
	}
	loops(e, "row", "column", false)
	if k.relu {
		loops(e, "reluRow", "reluColumn", true)
	}
}

// begin loads the arguments: BX = rows, CX = bytes of a row.
func (k rowwise) begin(e emitter) {
	e.op("MOVQ", e.arg("rows"), "BX")
	e.op("MOVQ", e.arg("width"), "CX")
	e.op("SHLQ", imm(2), "CX")
	e.op("MOVQ", e.arg("stride"), "DX")
	next := 0
	load := func(name string, count int) {
		e.op("MOVQ", e.arg(name+"_base"), e.pointer(next))
		for range count - 1 {
			e.op("LEAQ", mem(0, e.pointer(next), "DX", 4), e.pointer(next+1))
			next++
		}
		next++
	}
	for _, r := range k.rows {
		load(r, 1)
	}
	load("columns", k.columns)
	if k.sums > 0 {
		load("sums", k.sums)
	}
}

func (k rowwise) loops(e emitter, row, column string, relu bool) {
	e.label("%s", row)
	e.op("XORQ", "AX", "AX")
	e.label("%s", column)
	for i := k.written; i < len(k.rows); i++ {
		e.op("PREFETCHT0", mem(ahead, e.pointer(i), "AX", 1))
	}
	k.body(e, rowSlices{len(k.rows), len(k.rows) + k.columns}, relu)
	e.op("ADDQ", imm(e.v.bytes()), "AX")
	e.op("CMPQ", "AX", "CX")
	e.op("JLT", column)
	for i := range k.rows {
		e.op("ADDQ", "CX", e.pointer(i))
	}
	e.op("DECQ", "BX")
	e.op("JNZ", row)
	e.ret()
}

// beginNEON loads the arguments: R1 = rows, R19 = values of a row, R20 = their bytes.
func (k rowwise) beginNEON(e emitter) {
	e.op("MOVD", e.arg("rows"), "R1")
	e.op("MOVD", e.arg("width"), "R19")
	e.op("LSL", imm(2), "R19", "R20")
	e.op("MOVD", e.arg("stride"), "R2")
	next := 0
	load := func(name string, count int) {
		e.op("MOVD", e.arg(name+"_base"), e.pointer(next))
		for range count - 1 {
			e.op("ADD", "R2<<2", e.pointer(next), e.pointer(next+1))
			next++
		}
		next++
	}
	for _, r := range k.rows {
		load(r, 1)
	}
	load("columns", k.columns)
	if k.sums > 0 {
		load("sums", k.sums)
	}
}

func (k rowwise) loopsNEON(e emitter, row, column string, relu bool) {
	e.label("%s", row)
	e.op("MOVD", "R19", "R0")
	all := len(k.rows) + k.columns + k.sums
	e.loop(column, func(e emitter) { k.body(e, rowSlices{len(k.rows), len(k.rows) + k.columns}, relu) }, all)
	for i := len(k.rows); i < all; i++ {
		e.op("SUB", "R20", e.pointer(i), e.pointer(i))
	}
	e.op("SUBS", imm(1), "R1", "R1")
	e.op("BNE", row)
	e.ret()
}
