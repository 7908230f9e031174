package kernels

import "math"

// GroupNorm is the sizes of a normalization within each example: N examples of Pixels
// pixels and C channels, which are divided into Groups of neighbours (Wu and He 2018,
// https://arxiv.org/abs/1803.08494). The values of one example and group, a set, have mean
// 0 and variance 1 before gamma and beta. One group and one pixel is layer normalization
// (Ba et al. 2016, https://arxiv.org/abs/1607.06450), one channel per group instance
// normalization.
type GroupNorm struct {
	N, Pixels, C, Groups int
	Epsilon              float64
}

// Apply computes, with the mean and the biased variance of the set of a value,
//
//	out = (x - mean)/√(variance + Epsilon)·gamma[c] + beta[c]
//
// gamma and beta [C] may be nil, for 1 and 0. It may work in place. Sums are in float64, those of layer
// normalization of a multiple of 16 channels in float32, in sixteen lanes.
func (s GroupNorm) Apply(out, x, gamma, beta []float32) {
	s.check("GroupNorm.Apply", out, x, x, gamma)
	if beta != nil {
		need("GroupNorm.Apply", "beta", beta, s.C)
	}
	groupNormLoop.run(s.parts(), groupNormArgs{s: s, out: out, x: x, gamma: gamma, beta: beta})
}

// Grad computes the gradient of [GroupNorm.Apply] for x from that for its output. With
// g = dy·gamma, x̂ the normalized x and means over the set,
//
//	dx = (g - mean(g) - x̂·mean(g·x̂)) / √(variance + Epsilon)
//
// It may overwrite dy.
func (s GroupNorm) Grad(dx, x, dy, gamma []float32) {
	s.check("GroupNorm.Grad", dx, x, dy, gamma)
	groupNormGradLoop.run(s.parts(), groupNormArgs{s: s, out: dx, x: x, dy: dy, gamma: gamma})
}

// GradSums computes the gradients for beta and gamma, [C]: Σ dy and Σ dy·x̂ over examples
// and pixels.
func (s GroupNorm) GradSums(dbeta, dgamma, x, dy []float32) {
	s.check("GroupNorm.GradSums", x, x, dy, nil)
	need("GroupNorm.GradSums", "dbeta", dbeta, s.C)
	need("GroupNorm.GradSums", "dgamma", dgamma, s.C)
	sums := takeScratch(s.parts() * 2 * s.C)
	groupNormGradSumsLoop.run(s.parts(), groupNormArgs{s: s, out: sums, x: x, dy: dy})
	clear(dbeta[:s.C])
	clear(dgamma[:s.C])
	for part := range s.parts() {
		sums := sums[part*2*s.C:]
		for c := range s.C {
			dbeta[c] += sums[c]
			dgamma[c] += sums[s.C+c]
		}
	}
	giveScratch(sums)
}

func (s GroupNorm) check(kernel string, out, x, dy, gamma []float32) {
	need(kernel, "out", out, s.N, s.Pixels, s.C)
	need(kernel, "x", x, s.N, s.Pixels, s.C)
	need(kernel, "dy", dy, s.N, s.Pixels, s.C)
	if gamma != nil {
		need(kernel, "gamma", gamma, s.C)
	}
}

func (s *GroupNorm) size() int  { return s.Pixels * s.C }
func (s *GroupNorm) parts() int { return blocks(s.N, rowsPerPart(s.size())) }

// moments returns the mean of a set of x, one example, and 1/√(variance + Epsilon).
func (s *GroupNorm) moments(x []float32, group int) (mean, scale float64) {
	width := s.C / s.Groups
	count := float64(s.Pixels * width)
	for at := group * width; at < len(x); at += s.C {
		mean += sumOf(x[at:][:width])
	}
	mean /= count
	variance := 0.0
	for at := group * width; at < len(x); at += s.C {
		variance += sumOfSquares(x[at:][:width], mean)
	}
	return mean, 1 / math.Sqrt(variance/count+s.Epsilon)
}

// sumOf returns Σ x.
func sumOf(x []float32) float64 {
	var sums [4]float64 // independent accumulators
	for ; len(x) >= 4; x = x[4:] {
		sums[0] += float64(x[0])
		sums[1] += float64(x[1])
		sums[2] += float64(x[2])
		sums[3] += float64(x[3])
	}
	for _, v := range x {
		sums[0] += float64(v)
	}
	return sums[0] + sums[1] + sums[2] + sums[3]
}

// sumOfSquares returns Σ (x - mean)².
func sumOfSquares(x []float32, mean float64) float64 {
	var sums [4]float64
	for ; len(x) >= 4; x = x[4:] {
		a, b, c, d := float64(x[0])-mean, float64(x[1])-mean, float64(x[2])-mean, float64(x[3])-mean
		sums[0] += float64(a * a)
		sums[1] += float64(b * b)
		sums[2] += float64(c * c)
		sums[3] += float64(d * d)
	}
	for _, v := range x {
		d := float64(v) - mean
		sums[0] += float64(d * d)
	}
	return sums[0] + sums[1] + sums[2] + sums[3]
}

type groupNormArgs struct {
	s                       GroupNorm
	out, x, dy, gamma, beta []float32
}

// One part is some examples.
var groupNormLoop = newLoop(func(a *groupNormArgs, part int) {
	s := &a.s
	width := s.C / s.Groups
	from, to := block(part, s.N, rowsPerPart(s.size()))
	if s.layerNorms() {
		a.apply(from, to)
		return
	}
	for n := from; n < to; n++ {
		x, out := a.x[n*s.size():][:s.size()], a.out[n*s.size():][:s.size()]
		for group := range s.Groups {
			m, r := s.moments(x, group)
			mean, scale := float32(m), float32(r)
			for at := group * width; at < len(x); at += s.C {
				x, out := x[at:][:width], out[at:][:width]
				for i, v := range x {
					out[i] = (v - mean) * scale
				}
				if a.gamma != nil {
					for i, g := range a.gamma[group*width:][:width] {
						out[i] *= g
					}
				}
				if a.beta != nil {
					for i, b := range a.beta[group*width:][:width] {
						out[i] += b
					}
				}
			}
		}
	}
})

var groupNormGradLoop = newLoop(func(a *groupNormArgs, part int) {
	s := &a.s
	width := s.C / s.Groups
	count := float64(s.Pixels * width)
	from, to := block(part, s.N, rowsPerPart(s.size()))
	if s.layerNorms() {
		a.grad(from, to)
		return
	}
	for n := from; n < to; n++ {
		at := n * s.size()
		x, dy, dx := a.x[at:][:s.size()], a.dy[at:][:s.size()], a.out[at:][:s.size()]
		for group := range s.Groups {
			mean, scale := s.moments(x, group)
			sum, sumX := 0.0, 0.0 // of g, and of g·x̂/scale
			for at := group * width; at < len(x); at += s.C {
				x, dy := x[at:][:width], dy[at:][:width]
				for i, v := range dy {
					g := float64(v)
					if a.gamma != nil {
						g *= float64(a.gamma[group*width+i])
					}
					sum += g
					sumX += float64(g * (float64(x[i]) - mean))
				}
			}
			sum, sumX = sum/count, sumX/count*scale*scale
			for at := group * width; at < len(x); at += s.C {
				x, dy, dx := x[at:][:width], dy[at:][:width], dx[at:][:width]
				for i, v := range dy {
					g := float64(v)
					if a.gamma != nil {
						g *= float64(a.gamma[group*width+i])
					}
					dx[i] = float32((g - sum - float64((float64(x[i])-mean)*sumX)) * scale)
				}
			}
		}
	}
})

var groupNormGradSumsLoop = newLoop(func(a *groupNormArgs, part int) {
	s := &a.s
	width := s.C / s.Groups
	dbeta, dgamma := a.out[part*2*s.C:][:s.C], a.out[part*2*s.C+s.C:][:s.C]
	clear(dbeta)
	clear(dgamma)
	from, to := block(part, s.N, rowsPerPart(s.size()))
	if s.layerNorms() {
		a.gradSums(dbeta, dgamma, from, to)
		return
	}
	for n := from; n < to; n++ {
		x, dy := a.x[n*s.size():][:s.size()], a.dy[n*s.size():][:s.size()]
		for group := range s.Groups {
			m, r := s.moments(x, group)
			mean, scale := float32(m), float32(r)
			dbeta, dgamma := dbeta[group*width:][:width], dgamma[group*width:][:width]
			for at := group * width; at < len(x); at += s.C {
				x := x[at:][:width]
				for i, v := range dy[at:][:width] {
					dbeta[i] += v
					dgamma[i] += float32(v * (x[i] - mean) * scale)
				}
			}
		}
	}
})
