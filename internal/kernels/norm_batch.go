package kernels

import "math"

// Batch normalization (Ioffe and Szegedy 2015, https://arxiv.org/abs/1502.03167) of x
// [n,c], where n counts examples and pixels:
//
//	y = (x - mean)·scale + beta,   scale = gamma / √(variance + epsilon)
//
// per channel, and min(max(y, 0), Max) if ReLU is set.

// BatchNorm is the sizes and constants of a batch normalization.
type BatchNorm struct {
	N, C    int
	Epsilon float64
	ReLU    bool
	Max     float32 // of the output with ReLU; 0 for no limit
}

// most is the largest output with ReLU.
func (s BatchNorm) most() float32 {
	if s.Max == 0 {
		return float32(math.Inf(1))
	}
	return s.Max
}

// Moments computes the mean and the (biased) variance of each channel of x. Squares are of
// the distance from the first row, which avoids cancellation if the mean is far from 0, and
// are summed in blocks.
func (s BatchNorm) Moments(mean, variance, x []float32) {
	need("BatchNorm.Moments", "mean", mean, s.C)
	need("BatchNorm.Moments", "variance", variance, s.C)
	need("BatchNorm.Moments", "x", x, s.N, s.C)
	if s.N == 0 {
		return
	}
	a := columnArgs{s: s, x: x, wide: together(s.C) * s.C}
	a.columns = takeScratch(a.wide)
	copy(a.columns, x[:s.C])
	a.repeat(columnMean)
	a.mean, a.variance = mean, variance
	a.sum(momentsLoop, momentsTotals)
	giveScratch(a.columns)
}

// Apply computes y. gamma and beta may be nil, meaning 1 and 0. out may be x.
func (s BatchNorm) Apply(out, x, mean, variance, gamma, beta []float32) {
	need("BatchNorm.Apply", "out", out, s.N, s.C)
	need("BatchNorm.Apply", "x", x, s.N, s.C)
	a := s.args("BatchNorm.Apply", mean, variance, gamma, beta)
	a.out, a.x = out, x
	normLoop.run(a.parts(), a)
	giveScratch(a.columns)
}

// ApplyAdd computes y + plus [n,c], and max(that, 0) if ReLU is set, which then is not applied
// to y. out may be x, but not plus.
func (s BatchNorm) ApplyAdd(out, x, plus, mean, variance, gamma, beta []float32) {
	need("BatchNorm.ApplyAdd", "out", out, s.N, s.C)
	need("BatchNorm.ApplyAdd", "x", x, s.N, s.C)
	need("BatchNorm.ApplyAdd", "plus", plus, s.N, s.C)
	a := s.args("BatchNorm.ApplyAdd", mean, variance, gamma, beta)
	a.out, a.x, a.plus = out, x, plus
	normAddLoop.run(a.parts(), a)
	giveScratch(a.columns)
}

// ApplyThen computes f(y): each part of it after that of y, while y is in the cache. f is an
// elementwise kernel that may work in place, such as [SiLU]. ReLU is not applied.
func (s BatchNorm) ApplyThen(out, x, mean, variance, gamma, beta []float32, f func(out, x []float32)) {
	need("BatchNorm.ApplyThen", "out", out, s.N, s.C)
	need("BatchNorm.ApplyThen", "x", x, s.N, s.C)
	s.ReLU = false
	a := s.args("BatchNorm.ApplyThen", mean, variance, gamma, beta)
	a.out, a.x, a.then = out, x, f
	normThenLoop.run(a.parts(), a)
	giveScratch(a.columns)
}

// GradThen computes the gradient for y of f(y) from the gradient dz for that; grad is the kernel
// of the gradient of f, which takes y and dz, such as [SiLUGrad]. dy may be dz.
func (s BatchNorm) GradThen(dy, x, dz, mean, variance, gamma, beta []float32, grad func(dy, y, dz []float32)) {
	need("BatchNorm.GradThen", "dy", dy, s.N, s.C)
	need("BatchNorm.GradThen", "x", x, s.N, s.C)
	need("BatchNorm.GradThen", "dz", dz, s.N, s.C)
	s.ReLU = false
	a := s.args("BatchNorm.GradThen", mean, variance, gamma, beta)
	a.out, a.x, a.dy, a.thenGrad = dy, x, dz, grad
	normThenGradLoop.run(a.parts(), a)
	giveScratch(a.columns)
}

// GradSums computes the gradients for beta and gamma, Σ dy and Σ dy·(x-mean)/√(variance
// + epsilon), from the gradient dy for y.
func (s BatchNorm) GradSums(dbeta, dgamma, x, dy, mean, variance, gamma, beta []float32) {
	need("BatchNorm.GradSums", "dbeta", dbeta, s.C)
	need("BatchNorm.GradSums", "dgamma", dgamma, s.C)
	need("BatchNorm.GradSums", "x", x, s.N, s.C)
	need("BatchNorm.GradSums", "dy", dy, s.N, s.C)
	a := s.args("BatchNorm.GradSums", mean, variance, gamma, beta)
	a.x, a.dy, a.variance = x, dy, variance
	a.dbeta, a.dgamma = dbeta, dgamma
	a.sum(normGradSumsLoop, normGradTotals)
	giveScratch(a.columns)
}

// Grad computes the gradient for x. mean and variance are the moments of x if dbeta and
// dgamma, as computed by [BatchNorm.GradSums], are given, and constants if these are nil. dx may be dy:
//
//	dx = scale·(dy - dbeta/n - (x-mean)/√(variance + epsilon)·dgamma/n)
func (s BatchNorm) Grad(dx, x, dy, mean, variance, gamma, beta, dbeta, dgamma []float32) {
	need("BatchNorm.Grad", "dx", dx, s.N, s.C)
	need("BatchNorm.Grad", "x", x, s.N, s.C)
	need("BatchNorm.Grad", "dy", dy, s.N, s.C)
	a := s.args("BatchNorm.Grad", mean, variance, gamma, beta)
	a.out, a.x, a.dy = dx, x, dy
	scale, slope, constant := a.column(columnScale), a.column(columnSlope), a.column(columnConstant)
	if dbeta == nil {
		clear(slope)
		clear(constant)
	} else {
		need("BatchNorm.Grad", "dbeta", dbeta, s.C)
		need("BatchNorm.Grad", "dgamma", dgamma, s.C)
		for c := range s.C {
			perRow := float64(scale[c]) / float64(s.N)
			slope[c] = float32(perRow * float64(dgamma[c]) / s.deviation(variance[c]))
			constant[c] = float32(perRow * float64(dbeta[c]))
		}
		a.repeat(columnSlope, columnConstant)
	}
	normGradLoop.run(a.parts(), a)
	giveScratch(a.columns)
}

// MoveAverage computes moving = moving·momentum + batch·(1-momentum).
func MoveAverage(moving, batch []float32, momentum float64) {
	need("MoveAverage", "batch", batch, len(moving))
	keep, take := float32(momentum), float32(1-momentum)
	for i, v := range moving {
		moving[i] = normal(float32(v*keep) + float32(batch[i]*take))
	}
}

// deviation is √(variance + epsilon).
func (s BatchNorm) deviation(variance float32) float64 {
	return math.Sqrt(float64(variance) + s.Epsilon)
}

// columnArgs is the arguments of the loops below. What is the same for all rows is in
// columns, each wide values long: the c channels, repeated for the rows that are processed
// together.
type columnArgs struct {
	s          BatchNorm
	out, x, dy []float32
	plus       []float32
	then       func(out, x []float32)
	thenGrad   func(dx, x, dy []float32)
	columns    []float32
	wide       int
	sums       []float32 // of each part, two times wide values

	mean, variance, dbeta, dgamma []float32 // of each channel
}

// The columns, in this order also for the assembly.
const (
	columnMean = iota
	columnScale
	columnOffset // beta
	columnSlope
	columnConstant
	columnCount
)

func (a *columnArgs) column(i int) []float32 { return a.columns[i*a.wide:][:a.wide] }

// repeat fills columns from their first c values.
func (a *columnArgs) repeat(columns ...int) {
	for _, i := range columns {
		column := a.column(i)
		for done := a.s.C; done < a.wide; done += a.s.C {
			copy(column[done:], column[:a.s.C])
		}
	}
}

// args returns the columns for a mean, variance, gamma and beta.
func (s BatchNorm) args(kernel string, mean, variance, gamma, beta []float32) columnArgs {
	need(kernel, "mean", mean, s.C)
	need(kernel, "variance", variance, s.C)
	if gamma != nil {
		need(kernel, "gamma", gamma, s.C)
	}
	if beta != nil {
		need(kernel, "beta", beta, s.C)
	}
	a := columnArgs{s: s, wide: together(s.C) * s.C}
	a.columns = takeScratch(columnCount * a.wide)
	means, scale, offset := a.column(columnMean), a.column(columnScale), a.column(columnOffset)
	for c := range s.C {
		means[c], offset[c] = mean[c], 0
		g := 1.0
		if gamma != nil {
			g = float64(gamma[c])
		}
		if beta != nil {
			offset[c] = beta[c]
		}
		scale[c] = float32(g / s.deviation(variance[c]))
	}
	a.repeat(columnMean, columnScale, columnOffset)
	return a
}

// together returns the number of rows of c channels that the assembly processes together:
// as many as fill whole vectors, and more if those are short.
func together(c int) int {
	const least, most = 128, 8192
	for k := 1; k*c <= most && c > 0; k++ {
		if k*c%16 == 0 && k*c >= least {
			return k
		}
	}
	return 1
}

// block is the number of rows of one part: whole groups of those that are processed together.
func (a *columnArgs) block() int {
	rows, group := max(16, min(sumBlock, rowsPerPart(a.s.C))), a.wide/max(1, a.s.C)
	return max(group, rows/max(1, group)*group)
}

// parts is the number of parts of all rows.
func (a *columnArgs) parts() int { return blocks(a.s.N, a.block()) }

// sum runs a loop that writes two sums per channel and part, and one that adds them up.
func (a columnArgs) sum(parts, totals *loop[columnArgs]) {
	a.sums = takeScratch(a.parts() * 2 * a.wide)
	parts.run(a.parts(), a)
	totals.run(blocks(a.s.C, a.totalled()), a)
	giveScratch(a.sums)
}

// totalled is the number of channels of one part of the totals: whole lines of a cache.
func (a *columnArgs) totalled() int { return cacheLine * rowsPerPart(a.parts()*2*cacheLine) }

// totals calls f with the two sums of each channel of part over all parts of the rows.
func (a *columnArgs) totals(part int, f func(a *columnArgs, c int, sum1, sum2 float64)) {
	from, to := block(part, a.s.C, a.totalled())
	for ; from < to; from += cacheLine {
		var sum1, sum2 [cacheLine]float64
		n := min(cacheLine, to-from)
		for p := range a.parts() {
			sums := a.sums[p*2*a.wide+from:]
			for i, v := range sums[:n] {
				sum1[i] += float64(v)
			}
			for i, v := range sums[a.wide:][:n] {
				sum2[i] += float64(v)
			}
		}
		for i := range n {
			f(a, from+i, sum1[i], sum2[i])
		}
	}
}

var momentsTotals = newLoop(func(a *columnArgs, part int) {
	a.totals(part, func(a *columnArgs, c int, sum, squares float64) {
		d := sum / float64(a.s.N)
		a.mean[c] = float32(float64(a.x[c]) + d)
		a.variance[c] = float32(max(0, squares/float64(a.s.N)-float64(d*d)))
	})
})

var normGradTotals = newLoop(func(a *columnArgs, part int) {
	a.totals(part, func(a *columnArgs, c int, sum, product float64) {
		a.dbeta[c] = float32(sum)
		a.dgamma[c] = float32(product / a.s.deviation(a.variance[c]))
	})
})

// The loops first process the rows of a part together, then the remaining ones one by one.
var momentsLoop = newLoop(func(a *columnArgs, part int) {
	r := a.rows(part)
	clear(r.sums)
	if whole := r.whole(); whole > 0 {
		current().moments(r.x, r.columns, r.sums, whole, r.wide, r.wide)
		r.fold(whole)
	}
	momentsGeneric(r.x, r.columns, r.sums, r.s.N, r.s.C, r.wide)
})

var normLoop = newLoop(func(a *columnArgs, part int) {
	a.rows(part).normalize(writing(a.out, a.x))
})

var normAddLoop = newLoop(func(a *columnArgs, part int) {
	r := a.rows(part)
	out, plus := r.out, r.plus
	set := writing(a.out, a.x)
	y, scratch := between(set, out)
	r.out, r.s.ReLU = y, false
	r.normalize(current())
	if a.s.ReLU {
		combineWith(current(), y, y, plus, 1, 1)
		reluWith(set, out, y)
	} else {
		combineWith(set, out, y, plus, 1, 1)
	}
	giveScratch(scratch)
})

var normThenLoop = newLoop(func(a *columnArgs, part int) {
	r := a.rows(part)
	r.normalize(current())
	a.then(r.out, r.out)
})

var normThenGradLoop = newLoop(func(a *columnArgs, part int) {
	r := a.rows(part)
	dy := r.out
	r.out = takeScratch(len(dy))
	r.normalize(current())
	a.thenGrad(dy, r.out, r.dy)
	giveScratch(r.out)
})

var normGradSumsLoop = newLoop(func(a *columnArgs, part int) {
	r := a.rows(part)
	clear(r.sums)
	if whole := r.whole(); whole > 0 {
		current().normGradSums(r.x, r.dy, r.columns, r.sums, whole, r.wide, r.wide, r.s.ReLU, r.s.most())
		r.fold(whole)
	}
	normGradSumsGeneric(r.x, r.dy, r.columns, r.sums, r.s.N, r.s.C, r.wide, r.s.ReLU, r.s.most())
})

var normGradLoop = newLoop(func(a *columnArgs, part int) {
	r := a.rows(part)
	if whole := r.whole(); whole > 0 {
		writing(a.out, a.dy).normGrad(r.out, r.x, r.dy, r.columns, whole, r.wide, r.wide, r.s.ReLU, r.s.most())
		r.skip(whole)
	}
	normGradGeneric(r.out, r.x, r.dy, r.columns, r.s.N, r.s.C, r.wide, r.s.ReLU, r.s.most())
})
