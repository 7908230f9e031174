package kernels

import "math"

// LocalResponseNorm is the sizes and constants of a local response normalization
// (Krizhevsky, Sutskever and Hinton 2012, section 3.3) of x [n,c], where n counts examples
// and pixels:
//
//	y[n,c] = x[n,c] / s[n,c]^Beta,   s[n,c] = Bias + Alpha·Σ x[n,k]²
//
// over the channels k at most Radius away from c.
type LocalResponseNorm struct {
	N, C, Radius      int
	Bias, Alpha, Beta float64
}

// Apply computes y.
func (s LocalResponseNorm) Apply(out, x []float32) {
	need("LocalResponseNorm.Apply", "out", out, s.N, s.C)
	need("LocalResponseNorm.Apply", "x", x, s.N, s.C)
	localResponseNormLoop.run(blocks(s.N, rowsPerPart(s.C)), localResponseNormArgs{out: out, x: x, s: s})
}

// Grad computes the gradient for x from the gradient for y:
//
//	dx[c] = dy[c]/s[c]^Beta - 2·Alpha·Beta·x[c]·Σk dy[k]·x[k]/s[k]^(Beta+1)
func (s LocalResponseNorm) Grad(dx, x, dy []float32) {
	need("LocalResponseNorm.Grad", "dx", dx, s.N, s.C)
	need("LocalResponseNorm.Grad", "x", x, s.N, s.C)
	need("LocalResponseNorm.Grad", "dy", dy, s.N, s.C)
	localResponseNormGradLoop.run(blocks(s.N, rowsPerPart(s.C)), localResponseNormArgs{dx, x, dy, s})
}

type localResponseNormArgs struct {
	out, x, dy []float32
	s          LocalResponseNorm
}

// localBlock is about the number of values of rows that are normalized together, which stay in the
// first-level cache.
const localBlock = 2048

var localResponseNormLoop = newLoop(func(a *localResponseNormArgs, part int) {
	from, to := block(part, a.s.N, rowsPerPart(a.s.C))
	w := newLocalWindows(&a.s)
	for ; from < to; from += w.rows {
		a.apply(&w, from, min(from+w.rows, to))
	}
	w.give()
})

var localResponseNormGradLoop = newLoop(func(a *localResponseNormArgs, part int) {
	from, to := block(part, a.s.N, rowsPerPart(a.s.C))
	w := newLocalWindows(&a.s)
	for ; from < to; from += w.rows {
		a.grad(&w, from, min(from+w.rows, to))
	}
	w.give()
})

// apply and grad compute rows [from,to).
func (a *localResponseNormArgs) apply(w *localWindows, from, to int) {
	c := a.s.C
	a.sumSquares(w, from, to)
	for n := from; n < to; n++ {
		a.s.divide(a.out[n*c:][:c], a.x[n*c:][:c], w.sums(n-from))
	}
}

func (a *localResponseNormArgs) grad(w *localWindows, from, to int) {
	c := a.s.C
	a.sumSquares(w, from, to)
	for n := from; n < to; n++ {
		dx, x, sums := a.out[n*c:][:c], a.x[n*c:][:c], w.sums(n-from)
		a.s.divide(dx, a.dy[n*c:][:c], sums)
		a.s.terms(w.row(n-from), dx, sums, x)
	}
	w.sum()
	scale(w.of, w.of, float32(-2*a.s.Alpha*a.s.Beta))
	for n := from; n < to; n++ {
		addProduct(a.out[n*c:][:c], a.x[n*c:][:c], w.sums(n-from))
	}
}

func (a *localResponseNormArgs) sumSquares(w *localWindows, from, to int) {
	for n := from; n < to; n++ {
		x := a.x[n*a.s.C:][:a.s.C]
		multiply(w.row(n-from), x, x)
	}
	w.sum()
}

// localWindows sums the windows of 2·radius+1 channels around each channel, in the order of the
// channels, for several rows at once: rows lie radius zeros apart, so that all windows are whole.
type localWindows struct {
	padded, of    []float32 // rows, and the sums
	rows          int
	width, radius int
}

func newLocalWindows(s *LocalResponseNorm) localWindows {
	w := localWindows{width: s.C, radius: min(s.Radius, s.C-1)} // no channel is further away
	w.rows = max(1, localBlock/(w.width+w.radius))
	w.padded = takeScratch(w.rows*(w.width+w.radius) + w.radius)
	w.of = takeScratch(w.rows*(w.width+w.radius) - w.radius)
	clear(w.padded)
	return w
}

func (w *localWindows) give() {
	giveScratch(w.of)
	giveScratch(w.padded)
}

// row is where the values of row i are to be written, sums where the sums then are.
func (w *localWindows) row(i int) []float32 {
	return w.padded[i*(w.width+w.radius)+w.radius:][:w.width]
}
func (w *localWindows) sums(i int) []float32 { return w.of[i*(w.width+w.radius):][:w.width] }

func (w *localWindows) sum() {
	copy(w.of, w.padded)
	for k := 1; k <= 2*w.radius; k++ {
		addScaledTo(w.of, w.padded[k:], 1)
	}
}

// divide computes out = x / s^Beta from the sums of squares; terms computes out = g·x / s.
func (s *LocalResponseNorm) divide(out, x, sums []float32) {
	bias, alpha := float32(s.Bias), float32(s.Alpha)
	if s.Beta != 0.5 && s.Beta != 0.75 {
		for i, v := range x {
			out[i] = v / float32(math.Pow(float64(float32(sums[i]*alpha)+bias), s.Beta))
		}
		return
	}
	half := s.Beta == 0.5
	done := current().localNorm(out, x, sums, bias, alpha, half)
	localNormGeneric(out[done:], x[done:], sums[done:], bias, alpha, half)
}

func (s *LocalResponseNorm) terms(out, g, sums, x []float32) {
	bias, alpha := float32(s.Bias), float32(s.Alpha)
	done := current().localNormTerms(out, g, sums, x, bias, alpha)
	localNormTermsGeneric(out[done:], g[done:], sums[done:], x[done:], bias, alpha)
}

func localNormGeneric(out, x, sums []float32, bias, alpha float32, half bool) (done int) {
	for i, v := range x {
		power := root(float32(sums[i]*alpha) + bias)
		if !half {
			power *= root(power) // square roots are much faster than the general case
		}
		out[i] = v / power
	}
	return len(x)
}

func localNormTermsGeneric(out, g, sums, x []float32, bias, alpha float32) (done int) {
	for i, v := range g {
		out[i] = float32(v*x[i]) / (float32(sums[i]*alpha) + bias)
	}
	return len(g)
}

func root(x float32) float32 { return float32(math.Sqrt(float64(x))) }
