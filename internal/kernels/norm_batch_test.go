package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// define computes the moments of x and y in float64.
func (s BatchNorm) define(x, gamma, beta []float64) (mean, variance, y []float64) {
	mean, variance, y = make([]float64, s.C), make([]float64, s.C), make([]float64, len(x))
	for i, v := range x {
		mean[i%s.C] += v / float64(s.N)
	}
	for i, v := range x {
		variance[i%s.C] += (v - mean[i%s.C]) * (v - mean[i%s.C]) / float64(s.N)
	}
	for i, v := range x {
		c := i % s.C
		y[i] = (v-mean[c])/math.Sqrt(variance[c]+s.Epsilon)*gamma[c] + beta[c]
		if s.ReLU {
			y[i] = max(y[i], 0)
		}
	}
	return mean, variance, y
}

func eachBatchNorm(t *testing.T, test func(t *testing.T, rng *rand.Rand, s BatchNorm)) {
	eachCPU(t, func(t *testing.T) {
		rng := newRand()
		for _, size := range [][2]int{{1, 3}, {2, 1}, {40, 6}, {33, 16}, {64, 10}, {9, 64}, {5, 240}, {131, 7}, {7, 513}} {
			for _, relu := range []bool{false, true} {
				s := BatchNorm{N: size[0], C: size[1], Epsilon: 0.001, ReLU: relu}
				t.Run(fmt.Sprintf("%+v", s), func(t *testing.T) { test(t, rng, s) })
			}
		}
	})
}

func TestBatchNormIsItsDefinition(t *testing.T) {
	eachBatchNorm(t, func(t *testing.T, rng *rand.Rand, s BatchNorm) {
		x, gamma, beta := randoms(rng, s.N*s.C), randoms(rng, s.C), randoms(rng, s.C)
		for i := range x {
			x[i] = 3*x[i] + float32(i%s.C)
		}
		mean, variance, y := make([]float32, s.C), make([]float32, s.C), make([]float32, len(x))
		s.Moments(mean, variance, x)
		s.Apply(y, x, mean, variance, gamma, beta)
		wantMean, wantVariance, want := s.define(wide(x), wide(gamma), wide(beta))
		near(t, "mean", mean, wantMean)
		near(t, "variance", variance, wantVariance)
		if s.C < 100 { // in sums over many rows, rounding is visible
			near(t, "y", y, want)
		}
	})
}

func TestBatchNormGradIsFiniteDifference(t *testing.T) {
	eachBatchNorm(t, func(t *testing.T, rng *rand.Rand, s BatchNorm) {
		if s.N < 5 || s.N*s.C > 1000 {
			t.Skip("too few values to be smooth, or too many to be quick")
		}
		x, gamma, beta, dy := randoms(rng, s.N*s.C), randoms(rng, s.C), randoms(rng, s.C), randoms(rng, s.N*s.C)
		mean, variance := make([]float32, s.C), make([]float32, s.C)
		dx, dgamma, dbeta := make([]float32, len(x)), make([]float32, s.C), make([]float32, s.C)
		s.Moments(mean, variance, x)
		s.GradSums(dbeta, dgamma, x, dy, mean, variance, gamma, beta)
		s.Grad(dx, x, dy, mean, variance, gamma, beta, dbeta, dgamma)
		x64, gamma64, beta64 := wide(x), wide(gamma), wide(beta)
		f := func([]float64) []float64 {
			_, _, y := s.define(x64, gamma64, beta64)
			return y
		}
		near(t, "dx", dx, numericGrad(f, x64, dy))
		near(t, "dgamma", dgamma, numericGrad(f, gamma64, dy))
		near(t, "dbeta", dbeta, numericGrad(f, beta64, dy))

		s.Grad(dx, x, dy, mean, variance, gamma, beta, nil, nil)
		near(t, "dx of constant moments", dx, numericGrad(func(x []float64) []float64 {
			y := make([]float64, len(x))
			for i, v := range x {
				c := i % s.C
				y[i] = (v-float64(mean[c]))/s.deviation(variance[c])*gamma64[c] + beta64[c]
				if s.ReLU {
					y[i] = max(y[i], 0)
				}
			}
			return y
		}, wide(x), dy))
	})
}

// Sums of so many parts are added up in parts themselves, each of a few channels.
func TestSumsOfManyRowsOfManyChannels(t *testing.T) {
	rng := newRand()
	s := BatchNorm{N: 8200, C: 1037, Epsilon: 0.001}
	x, dy := randoms(rng, s.N*s.C), randoms(rng, s.N*s.C)
	mean, variance, dbeta, dgamma := make([]float32, s.C), make([]float32, s.C), make([]float32, s.C), make([]float32, s.C)
	s.Moments(mean, variance, x)
	s.GradSums(dbeta, dgamma, x, dy, mean, variance, nil, nil)
	one := make([]float64, s.C)
	wantMean, wantVariance, _ := s.define(wide(x), one, one)
	near(t, "mean", mean, wantMean)
	near(t, "variance", variance, wantVariance)
	wantBeta, wantGamma := make([]float64, s.C), make([]float64, s.C)
	for i, g := range dy {
		c := i % s.C
		wantBeta[c] += float64(g)
		wantGamma[c] += float64(g) * (float64(x[i]) - wantMean[c]) / math.Sqrt(wantVariance[c]+s.Epsilon)
	}
	near(t, "dbeta", dbeta, wantBeta)
	near(t, "dgamma", dgamma, wantGamma)
}

// In float32, the mean square minus the squared mean would have no correct digit here.
func TestMomentsKeepTheVarianceOfDistantValues(t *testing.T) {
	eachCPU(t, func(t *testing.T) {
		rng := newRand()
		s := BatchNorm{N: 40000, C: 24}
		x := randoms(rng, s.N*s.C)
		for i := range x {
			x[i] += 5000
		}
		mean, variance := make([]float32, s.C), make([]float32, s.C)
		s.Moments(mean, variance, x)
		one := make([]float64, s.C)
		wantMean, want, _ := s.define(wide(x), one, one)
		near(t, "mean", mean, wantMean)
		near(t, "variance", variance, want)
	})
}

func TestBatchNormWithReLUIsBoth(t *testing.T) {
	for _, most := range []float32{0, 0.7} {
		testBatchNormWithReLU(t, most)
	}
}

func testBatchNormWithReLU(t *testing.T, most float32) {
	eachCPU(t, func(t *testing.T) {
		rng := newRand()
		plain := BatchNorm{N: 200, C: 12, Epsilon: 0.001}
		fused := plain
		fused.ReLU, fused.Max = true, most
		relu := Rectifier{Max: fused.most()}
		size := plain.N * plain.C
		x, dy, gamma, beta := randoms(rng, size), randoms(rng, size), randoms(rng, 12), randoms(rng, 12)
		mean, variance := make([]float32, 12), make([]float32, 12)
		plain.Moments(mean, variance, x)
		y, want := make([]float32, size), make([]float32, size)
		fused.Apply(y, x, mean, variance, gamma, beta)
		plain.Apply(want, x, mean, variance, gamma, beta)
		relu.Apply(want, want)
		sameBits(t, "y", y, want)

		sums := func(s BatchNorm, dy []float32) (dbeta, dgamma, dx []float32) {
			dbeta, dgamma, dx = make([]float32, 12), make([]float32, 12), make([]float32, size)
			s.GradSums(dbeta, dgamma, x, dy, mean, variance, gamma, beta)
			s.Grad(dx, x, dy, mean, variance, gamma, beta, dbeta, dgamma)
			return dbeta, dgamma, dx
		}
		dbeta, dgamma, dx := sums(fused, dy)
		relu.Grad(dy, y, dy)
		wantBeta, wantGamma, wantX := sums(plain, dy)
		sameBits(t, "dbeta", dbeta, wantBeta)
		sameBits(t, "dgamma", dgamma, wantGamma)
		sameBits(t, "dx", dx, wantX)
	})
}

// For the same moments, y and dx have the same bits in all implementations; the slices end
// at inaccessible memory.
func TestBatchNormGivesTheBitsOfTheGenericOne(t *testing.T) {
	rng := newRand()
	for range 200 {
		s := BatchNorm{1 + rng.IntN(50), 1 + rng.IntN(70), 0.001, rng.IntN(2) == 0, float32(rng.IntN(2))}
		x, dy := awkward(t, rng, s.N*s.C), awkward(t, rng, s.N*s.C)
		mean, variance := randoms(rng, s.C), positive(randoms(rng, s.C))
		gamma, beta, dbeta, dgamma := randoms(rng, s.C), randoms(rng, s.C), randoms(rng, s.C), randoms(rng, s.C)
		withCPU(t, "generic")
		want := [][]float32{make([]float32, len(x)), make([]float32, len(x))}
		s.Apply(want[0], x, mean, variance, gamma, beta)
		s.Grad(want[1], x, dy, mean, variance, gamma, beta, dbeta, dgamma)
		for _, cpu := range cpus()[1:] {
			withCPU(t, cpu)
			got := fences(t, want[0], want[1])
			s.Apply(got[0], x, mean, variance, gamma, beta)
			s.Grad(got[1], x, dy, mean, variance, gamma, beta, dbeta, dgamma)
			sameBits(t, fmt.Sprintf("%+v under %s: y", s, cpu), got[0], want[0])
			sameBits(t, fmt.Sprintf("%+v under %s: dx", s, cpu), got[1], want[1])
		}
	}
}

// BenchmarkBatchNorm is on the first maps of VGG, for 32 images; ReLU is the cost of one
// pass over memory.
func BenchmarkBatchNorm(b *testing.B) {
	withThreads(b, 1)
	rng := newRand()
	for _, c := range []int{16, 64, 512} {
		s := BatchNorm{N: 32 * 32 * 32 * 64 / c, C: c, Epsilon: 0.001}
		x, dy, out := randoms(rng, s.N*c), randoms(rng, s.N*c), make([]float32, s.N*c)
		mean, variance, gamma, beta := randoms(rng, c), positive(randoms(rng, c)), randoms(rng, c), randoms(rng, c)
		dbeta, dgamma := make([]float32, c), make([]float32, c)
		for _, k := range []struct {
			name string
			run  func()
		}{
			{"Moments", func() { s.Moments(mean, variance, x) }},
			{"Apply", func() { s.Apply(out, x, mean, variance, gamma, beta) }},
			{"GradSums", func() { s.GradSums(dbeta, dgamma, x, dy, mean, variance, gamma, beta) }},
			{"Grad", func() { s.Grad(out, x, dy, mean, variance, gamma, beta, dbeta, dgamma) }},
			{"ReLU", func() { ReLU(out, x) }},
			{"ReLUGrad", func() { ReLUGrad(out, x, dy) }},
		} {
			b.Run(fmt.Sprintf("%s/c=%d", k.name, c), func(b *testing.B) {
				b.SetBytes(int64(4 * len(x)))
				for b.Loop() {
					k.run()
				}
			})
		}
	}
}
