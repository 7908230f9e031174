//go:build !purego

package kernels

//go:noescape
func momentsAVX512(x, columns, sums *float32, rows, width int)

//go:noescape
func momentsAVX2(x, columns, sums *float32, rows, width int)

//go:noescape
func normAVX512(out, x, columns *float32, rows, width int)

//go:noescape
func normAVX2(out, x, columns *float32, rows, width int)

//go:noescape
func normReLUAVX512(out, x, columns *float32, rows, width int)

//go:noescape
func normReLUAVX2(out, x, columns *float32, rows, width int)

//go:noescape
func normGradSumsAVX512(x, dy, columns, sums *float32, rows, width int)

//go:noescape
func normGradSumsAVX2(x, dy, columns, sums *float32, rows, width int)

//go:noescape
func normGradSumsReLUAVX512(x, dy, columns, sums *float32, rows, width int)

//go:noescape
func normGradSumsReLUAVX2(x, dy, columns, sums *float32, rows, width int)

//go:noescape
func normGradAVX512(dx, x, dy, columns *float32, rows, width int)

//go:noescape
func normGradAVX2(dx, x, dy, columns *float32, rows, width int)

//go:noescape
func normGradReLUAVX512(dx, x, dy, columns *float32, rows, width int)

//go:noescape
func normGradReLUAVX2(dx, x, dy, columns *float32, rows, width int)

// fast returns how many wide rows the assembly can handle.
func (r *columnRows) fast() int {
	if !has(avx2) || r.wide == 0 || r.wide%16 != 0 {
		return 0
	}
	return r.s.N * r.s.C / r.wide
}

// done is how many rows of channels the wide rows are.
func (r *columnRows) done(rows int) int {
	if rows == 0 {
		return 0
	}
	return rows * r.wide / r.s.C
}

// momentsFast does the first rows of moments, and returns how many.
func (r *columnRows) momentsFast() int {
	rows := r.fast()
	if rows == 0 {
		return 0
	}
	if has(avx512) {
		momentsAVX512(&r.x[0], &r.columns[0], &r.sums[0], rows, r.wide)
	} else {
		momentsAVX2(&r.x[0], &r.columns[0], &r.sums[0], rows, r.wide)
	}
	return r.done(rows)
}

// normFast does the first rows of norm, and returns how many.
func (r *columnRows) normFast() int {
	rows := r.fast()
	switch {
	case rows == 0:
	case r.s.ReLU && has(avx512):
		normReLUAVX512(&r.out[0], &r.x[0], &r.columns[0], rows, r.wide)
	case r.s.ReLU:
		normReLUAVX2(&r.out[0], &r.x[0], &r.columns[0], rows, r.wide)
	case has(avx512):
		normAVX512(&r.out[0], &r.x[0], &r.columns[0], rows, r.wide)
	default:
		normAVX2(&r.out[0], &r.x[0], &r.columns[0], rows, r.wide)
	}
	return r.done(rows)
}

// normGradSumsFast does the first rows of normGradSums, and returns how many.
func (r *columnRows) normGradSumsFast() int {
	rows := r.fast()
	switch {
	case rows == 0:
	case r.s.ReLU && has(avx512):
		normGradSumsReLUAVX512(&r.x[0], &r.dy[0], &r.columns[0], &r.sums[0], rows, r.wide)
	case r.s.ReLU:
		normGradSumsReLUAVX2(&r.x[0], &r.dy[0], &r.columns[0], &r.sums[0], rows, r.wide)
	case has(avx512):
		normGradSumsAVX512(&r.x[0], &r.dy[0], &r.columns[0], &r.sums[0], rows, r.wide)
	default:
		normGradSumsAVX2(&r.x[0], &r.dy[0], &r.columns[0], &r.sums[0], rows, r.wide)
	}
	return r.done(rows)
}

// normGradFast does the first rows of normGrad, and returns how many.
func (r *columnRows) normGradFast() int {
	rows := r.fast()
	switch {
	case rows == 0:
	case r.s.ReLU && has(avx512):
		normGradReLUAVX512(&r.out[0], &r.x[0], &r.dy[0], &r.columns[0], rows, r.wide)
	case r.s.ReLU:
		normGradReLUAVX2(&r.out[0], &r.x[0], &r.dy[0], &r.columns[0], rows, r.wide)
	case has(avx512):
		normGradAVX512(&r.out[0], &r.x[0], &r.dy[0], &r.columns[0], rows, r.wide)
	default:
		normGradAVX2(&r.out[0], &r.x[0], &r.dy[0], &r.columns[0], rows, r.wide)
	}
	return r.done(rows)
}
