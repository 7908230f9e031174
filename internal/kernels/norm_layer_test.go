package kernels

import (
	"fmt"
	"math"
	"testing"
)

// define computes the normalization of x in float64.
func (s GroupNorm) define(x, gamma, beta []float64) []float64 {
	out := make([]float64, len(x))
	width := s.C / s.Groups
	set := func(i int) int { return i/(s.Pixels*s.C)*s.Groups + i%s.C/width }
	count := float64(s.Pixels * width)
	mean, variance := make([]float64, s.N*s.Groups), make([]float64, s.N*s.Groups)
	for i, v := range x {
		mean[set(i)] += v / count
	}
	for i, v := range x {
		variance[set(i)] += (v - mean[set(i)]) * (v - mean[set(i)]) / count
	}
	for i, v := range x {
		out[i] = (v - mean[set(i)]) / math.Sqrt(variance[set(i)]+s.Epsilon)
		if gamma != nil {
			out[i] *= gamma[i%s.C]
		}
		if beta != nil {
			out[i] += beta[i%s.C]
		}
	}
	return out
}

// Layer normalization of rows of a multiple of 16 values is in assembly, the rest is not.
func TestGroupNormIsItsDefinition(t *testing.T) {
	eachCPU(t, func(t *testing.T) {
		rng := newRand()
		for _, s := range []GroupNorm{
			{5, 1, 16, 1, 0.001}, {70, 1, 96, 1, 1e-6}, {3, 1, 768, 1, 1e-6}, {4, 1, 48, 1, 0.1}, {4, 1, 47, 1, 0.1},
			{3, 5, 16, 1, 0.001}, {3, 5, 32, 4, 0.001}, {2, 4, 6, 6, 0.001}, {1, 1, 1, 1, 0.001},
		} {
			for _, plain := range []bool{false, true} { // without gamma and beta
				x, dy := randoms(rng, s.N*s.size()), randoms(rng, s.N*s.size())
				for i := range x {
					x[i] = 3*x[i] + 20
				}
				gamma, beta := randoms(rng, s.C), randoms(rng, s.C)
				wideGamma, wideBeta := wide(gamma), wide(beta)
				if plain {
					gamma, beta, wideGamma, wideBeta = nil, nil, nil, nil
				}
				name := fmt.Sprintf("%+v, plain %v: ", s, plain)
				out, dx := make([]float32, len(x)), make([]float32, len(x))
				s.Apply(out, x, gamma, beta)
				near(t, name+"out", out, s.define(wide(x), wideGamma, wideBeta))
				s.Grad(dx, x, dy, gamma)
				one, wantDx := s, []float64(nil) // images do not depend on each other
				one.N = 1
				for i := 0; i < len(x); i += one.size() {
					image := func(x []float64) []float64 { return one.define(x, wideGamma, wideBeta) }
					wantDx = append(wantDx, numericGrad(image, wide(x[i:i+one.size()]), dy[i:i+one.size()])...)
				}
				nearWithin(t, name+"dx", 1e-4, dx, wantDx)
				if plain {
					s.Grad(dy, x, dy, gamma)
					near(t, name+"dx in place of dy", dy, wide(dx))
					continue
				}
				dbeta, dgamma := make([]float32, s.C), make([]float32, s.C)
				s.GradSums(dbeta, dgamma, x, dy)
				nearWithin(t, name+"dgamma", 1e-4, dgamma, numericGrad(func(gamma []float64) []float64 { return s.define(wide(x), gamma, wideBeta) }, wideGamma, dy))
				near(t, name+"dbeta", dbeta, numericGrad(func(beta []float64) []float64 { return s.define(wide(x), wideGamma, beta) }, wideBeta, dy))
				s.Apply(x, x, gamma, beta)
				near(t, name+"in place", x, wide(out))
			}
		}
	})
}

func BenchmarkLayerNorm(b *testing.B) {
	withThreads(b, 1)
	rng := newRand()
	for _, c := range []int{96, 768} {
		s := GroupNorm{N: 98304 / c, Pixels: 1, C: c, Groups: 1, Epsilon: 1e-6}
		x, dy, out, gamma, beta := randoms(rng, s.N*c), randoms(rng, s.N*c), make([]float32, s.N*c), randoms(rng, c), randoms(rng, c)
		for _, cpu := range cpus() {
			for _, pass := range []struct {
				name string
				run  func()
			}{
				{"Apply", func() { s.Apply(out, x, gamma, beta) }},
				{"Grad", func() { s.Grad(out, x, dy, gamma) }},
				{"GradSums", func() { s.GradSums(beta, gamma, x, dy) }},
			} {
				b.Run(fmt.Sprint(pass.name, "/", c, "/", cpu), func(b *testing.B) {
					withCPU(b, cpu)
					b.SetBytes(int64(4 * len(x)))
					for b.Loop() {
						pass.run()
					}
				})
			}
		}
	}
}
