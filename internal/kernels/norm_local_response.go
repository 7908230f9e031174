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

var localResponseNormLoop = newLoop(func(a *localResponseNormArgs, part int) {
	from, to := block(part, a.s.N, rowsPerPart(a.s.C))
	for n := from; n < to; n++ {
		out, x := a.out[n*a.s.C:][:a.s.C], a.x[n*a.s.C:][:a.s.C]
		for c, v := range x {
			out[c] = float32(float64(v) / a.s.power(a.s.scale(x, c)))
		}
	}
})

var localResponseNormGradLoop = newLoop(func(a *localResponseNormArgs, part int) {
	s := &a.s
	terms := takeScratch(s.C) // dy·x/s^(Beta+1)
	from, to := block(part, s.N, rowsPerPart(s.C))
	for n := from; n < to; n++ {
		dx, x, dy := a.out[n*s.C:][:s.C], a.x[n*s.C:][:s.C], a.dy[n*s.C:][:s.C]
		for c, v := range x {
			scale := s.scale(x, c)
			g := float64(dy[c]) / s.power(scale)
			dx[c] = float32(g)
			terms[c] = float32(g * float64(v) / scale)
		}
		for c, v := range x {
			low, high := s.near(c)
			sum := 0.0
			for _, t := range terms[low:high] {
				sum += float64(t)
			}
			dx[c] -= float32(2 * s.Alpha * s.Beta * float64(v) * sum)
		}
	}
	giveScratch(terms)
})

// near returns the range [low, high) of channels around c.
func (s *LocalResponseNorm) near(c int) (low, high int) {
	return max(0, c-s.Radius), min(s.C, c+s.Radius+1)
}

func (s *LocalResponseNorm) scale(x []float32, c int) float64 {
	low, high := s.near(c)
	sum := 0.0
	for _, v := range x[low:high] {
		sum += float64(float64(v) * float64(v))
	}
	return s.Bias + float64(s.Alpha*sum)
}

// power is scale^Beta; square roots are ten times as fast as the general case.
func (s *LocalResponseNorm) power(scale float64) float64 {
	switch s.Beta {
	case 0.5:
		return math.Sqrt(scale)
	case 0.75:
		root := math.Sqrt(scale)
		return root * math.Sqrt(root)
	}
	return math.Pow(scale, s.Beta)
}
