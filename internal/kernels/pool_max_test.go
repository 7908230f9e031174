package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// define computes the pooling in float64, and for each output the index of its maximum in
// x.
func (s Pool) define(x []float64) (y []float64, from []int) {
	for n := range s.N {
		for oh := range s.OH {
			for ow := range s.OW {
				for c := range s.C {
					best := -1
					for k := range s.KH * s.KW {
						ih, iw := oh*s.SH-s.Top+k/s.KW, ow*s.SW-s.Left+k%s.KW
						if ih < 0 || ih >= s.H || iw < 0 || iw >= s.W {
							continue
						}
						if i := ((n*s.H+ih)*s.W+iw)*s.C + c; best < 0 || x[i] > x[best] {
							best = i
						}
					}
					y, from = append(y, x[best]), append(from, best)
				}
			}
		}
	}
	return y, from
}

func testPools(t *testing.T, count int, test func(t *testing.T, rng *rand.Rand, s Pool)) {
	eachCPU(t, func(t *testing.T) { testPoolsHere(t, count, test) })
}

func testPoolsHere(t *testing.T, count int, test func(t *testing.T, rng *rand.Rand, s Pool)) {
	rng := newRand()
	pick := func(n int) int { return 1 + rng.IntN(n) }
	for range count {
		s := NewPool(pick(3), pick(9), pick(9), pick(5), pick(3), pick(3), pick(3), pick(3), rng.IntN(2) == 0)
		if s.OH > 0 && s.OW > 0 {
			t.Run(fmt.Sprintf("%+v", s), func(t *testing.T) { test(t, rng, s) })
		}
	}
}

func TestMaxPool2DIsItsDefinition(t *testing.T) {
	testPools(t, 100, func(t *testing.T, rng *rand.Rand, s Pool) {
		x := randoms(rng, s.N*s.H*s.W*s.C)
		for i := range x {
			x[i] = float32(rng.IntN(4) - 5) // many ties, all below the padding
		}
		y, dx := make([]float32, s.N*s.OH*s.OW*s.C), make([]float32, len(x))
		dy := randoms(rng, len(y))
		want, from := s.define(wide(x))
		MaxPool2D(y, x, s)
		near(t, "y", y, want)

		wantX := make([]float64, len(x))
		for i, j := range from {
			wantX[j] += float64(dy[i])
		}
		MaxPool2DGrad(dx, x, y, dy, s)
		near(t, "dx", dx, wantX)
	})
}

func TestMaxPool2DGradIsFiniteDifference(t *testing.T) {
	testPools(t, 30, func(t *testing.T, rng *rand.Rand, s Pool) {
		x := make([]float32, s.N*s.H*s.W*s.C)
		for i, k := range rng.Perm(len(x)) {
			x[i] = float32(k) / 16 // no ties, far apart
		}
		y, dx := make([]float32, s.N*s.OH*s.OW*s.C), make([]float32, len(x))
		dy := randoms(rng, len(y))
		MaxPool2D(y, x, s)
		MaxPool2DGrad(dx, x, y, dy, s)
		near(t, "dx", dx, numericGrad(func(x []float64) []float64 {
			y, _ := s.define(x)
			return y
		}, wide(x), dy))
	})
}

func TestMaxPool2DPropagatesNaN(t *testing.T) {
	eachCPU(t, func(t *testing.T) {
		nan, inf := float32(math.NaN()), float32(math.Inf(1))
		for _, x := range [][]float32{{nan, 1, 2, 3}, {1, nan, inf, 3}, {1, 2, 3, nan}, {-inf, nan, nan, -inf}} {
			s := NewPool(1, 2, 2, 1, 2, 2, 2, 2, false)
			y, dx := []float32{0}, make([]float32, 4)
			MaxPool2D(y, x, s)
			if !math.IsNaN(float64(y[0])) {
				t.Errorf("%v: maximum is %v", x, y[0])
			}
			MaxPool2DGrad(dx, x, y, []float32{1}, s)
			if first := slices.IndexFunc(x, func(v float32) bool { return v != v }); dx[first] != 1 {
				t.Errorf("%v: gradient %v is not at the first NaN", x, dx)
			}
		}
	})
}

func TestMaxPool2DOfInfinities(t *testing.T) {
	eachCPU(t, func(t *testing.T) {
		inf := float32(math.Inf(-1))
		s := NewPool(1, 2, 2, 1, 2, 2, 2, 2, false)
		x, y, dx := []float32{inf, inf, inf, inf}, []float32{0}, make([]float32, 4)
		MaxPool2D(y, x, s)
		MaxPool2DGrad(dx, x, y, []float32{1}, s)
		if y[0] != inf || !slices.Equal(dx, []float32{1, 0, 0, 0}) {
			t.Errorf("maximum %v, gradient %v", y, dx)
		}
	})
}
