package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// fence copies x to the end of accessible memory, so that a kernel that accesses values
// behind it faults.
func fences(t testing.TB, x ...[]float32) [][]float32 {
	fenced := make([][]float32, len(x))
	for i := range x {
		fenced[i] = fence(t, len(x[i]))
		copy(fenced[i], x[i])
	}
	return fenced
}

// compareConv runs the kernels of a convolution under each implementation and on 1, 2 and 4
// threads, with inaccessible memory after each slice.
func compareConv(t *testing.T, rng *rand.Rand, s Conv) {
	nx, nw, ny := s.lens()
	s.ReLU = rng.IntN(2) == 0
	in := fences(t, randoms(rng, nx), randoms(rng, nw), randoms(rng, s.F), randoms(rng, ny))
	x, w, b, dy := in[0], in[1], in[2], in[3]
	tolerance := 1e-5
	if r := s.reversed(); s.winograd() || r.winograd() {
		tolerance = 1e-4
	}
	y, dx, dw := make([]float64, ny), make([]float64, nx), make([]float64, nw)
	if !raced {
		y = s.define(wide(x), wide(w), wide(b))
		dx, dw = s.defineGrads(wide(x), wide(w), wide(dy))
	}
	compare(t, fmt.Sprintf("%+v", s), tolerance, s.ReLU, y, dx, dw, func(y, dx, dw []float32) {
		Conv2D(y, x, w, b, s)
		Conv2DGradX(dx, dy, w, s)
		Conv2DGradW(dw, x, dy, s)
	})
}

// compareDense does the same for a dense layer.
func compareDense(t *testing.T, rng *rand.Rand, n, f, u int) {
	in := fences(t, randoms(rng, n*f), randoms(rng, f*u), randoms(rng, u), randoms(rng, n*u))
	x, w, b, dy := in[0], in[1], in[2], in[3]
	relu := n%2 == 0
	y := defineDense(wide(x), wide(w), wide(b), n, f, u)
	dx, dw := defineDenseGrads(wide(x), wide(w), wide(dy), n, f, u)
	compare(t, fmt.Sprintf("dense %d %d %d", n, f, u), 1e-5, relu, y, dx, dw, func(y, dx, dw []float32) {
		Dense(y, x, w, b, n, f, u, relu)
		DenseGradX(dx, dy, w, n, f, u)
		DenseGradW(dw, x, dy, n, f, u)
	})
}

// compare runs kernels with the given definitions of their results; y is before a ReLU.
func compare(t *testing.T, what string, tolerance float64, relu bool, y, dx, dw []float64, run func(y, dx, dw []float32)) {
	t.Helper()
	if relu {
		for i, v := range y {
			y[i] = max(v, 0)
		}
	}
	want := [][]float64{y, dx, dw}
	withThreads(t, 1)
	implementations, counts := cpus(), []int{1, 2, 4}
	if raced {
		implementations, counts = []string{"generic"}, []int{4}
	}
	for _, cpu := range implementations {
		withCPU(t, cpu)
		var first [][]float32
		for _, threads := range counts {
			SetThreads(threads)
			var got [][]float32
			for _, w := range want {
				x := fence(t, len(w))
				for j := range x {
					x[j] = float32(math.NaN())
				}
				got = append(got, x)
			}
			run(got[0], got[1], got[2])
			for i, name := range []string{"y", "dx", "dw"} {
				if !raced {
					nearWithin(t, what+": "+cpu+": "+name, tolerance, got[i], want[i])
				}
				if first != nil && !slices.Equal(first[i], got[i]) {
					t.Fatalf("%s: %s: %s differs on %d threads", what, cpu, name, threads)
				}
			}
			first = got
		}
	}
}

// anyConv draws sizes that cover remainders of rows, columns and panels, strides, odd
// padding, single pixels, and batches large enough for the lanes of vectors.
func anyConv(rng *rand.Rand) Conv {
	pick := func(n int) int { return 1 + rng.IntN(n) }
	channels := func() int {
		if rng.IntN(4) == 0 {
			return pick(100)
		}
		return pick(20)
	}
	for {
		s := NewConv(pick(14+30*rng.IntN(2)), pick(18), pick(18), channels(), channels(), pick(5), pick(5), 1, 1, rng.IntN(2) == 0)
		if rng.IntN(3) == 0 {
			s = NewConv(s.N, s.H, s.W, s.C, s.F, s.KH, s.KW, pick(4), pick(4), rng.IntN(2) == 0)
		}
		if work := s.N * s.OH * s.OW * s.F * s.KH * s.KW * s.C; work > 0 && work < 300_000 {
			return s
		}
	}
}

// padded is s, or now and then a convolution of the inner part of its images, around which there is more
// padding than windows need.
func padded(rng *rand.Rand, s Conv) Conv {
	p := Padding{H: s.H - rng.IntN(3), W: s.W - rng.IntN(3)}
	if rng.IntN(3) > 0 || p.H < 1 || p.W < 1 {
		return s
	}
	p.Top, p.Left = rng.IntN(s.H-p.H+1), rng.IntN(s.W-p.W+1)
	if inside, ok := s.Inside(p); ok {
		return inside
	}
	return s
}

func TestConvAndDenseAreTheirDefinitions(t *testing.T) {
	rng := newRand()
	count := 1000
	if testing.Short() || raced {
		count = 100
	}
	for range count {
		t.Run("", func(t *testing.T) {
			compareConv(t, rng, padded(rng, anyConv(rng)))
			compareDense(t, rng, 1+rng.IntN(50), 1+rng.IntN(80), 1+rng.IntN(80))
		})
	}
	for _, s := range []Conv{
		NewConv(50, 1, 1, 3, 5, 3, 3, 1, 1, true), // two blocks of images
		NewConv(50, 9, 9, 1, 6, 5, 5, 1, 1, true), // the same in the lanes, and reversed filters
		NewConv(50, 9, 9, 3, 6, 5, 5, 2, 1, false),
		NewConv(2, 6, 5, 700, 40, 3, 3, 1, 1, true),  // a panel in several runs
		NewConv(1, 40, 60, 5, 9, 3, 3, 1, 1, true),   // more pixels than one run of the gradient
		NewConv(3, 4, 4, 101, 133, 2, 2, 1, 1, true), // several parts of channels and filters
		{N: 2, H: 4, W: 4, C: 1, F: 2, KH: 3, KW: 3, SH: 2, SW: 2, Top: 2, Left: 1, OH: 3, OW: 2},
		{N: 2, H: 6, W: 4, C: 3, F: 2, KH: 5, KW: 4, SH: 4, SW: 3, Top: 4, Left: 3, OH: 2, OW: 2},
	} {
		compareConv(t, rng, s)
	}
	compareDense(t, rng, 70, 1100, 300)
	compareDense(t, rng, 300, 70, 1100)
	compareDense(t, rng, 2, 1000, 600)
}

// With few pixels in the batch and many weights, convolutions use another algorithm.
func TestFewPixelsAreTheDefinition(t *testing.T) {
	rng := newRand()
	for _, s := range []Conv{
		NewConv(1, 2, 2, 130, 140, 3, 3, 1, 1, true),
		NewConv(1, 4, 4, 101, 103, 3, 3, 1, 1, true),
		NewConv(3, 2, 2, 64, 130, 3, 3, 1, 1, true),
		NewConv(1, 7, 9, 90, 90, 3, 3, 3, 3, false),
		NewConv(2, 5, 4, 61, 77, 5, 4, 2, 3, true),
		NewConv(1, 1, 1, 300, 300, 1, 1, 1, 1, false),
		NewConv(5, 1, 1, 300, 300, 1, 1, 2, 2, false),
		NewConv(9, 2, 2, 256, 300, 1, 1, 2, 2, false),
		NewConv(3, 1, 1, 300, 300, 3, 3, 2, 3, true),
		NewConv(1, 8, 8, 200, 300, 3, 3, 1, 1, true),
		NewConv(4, 4, 4, 600, 100, 3, 3, 1, 1, true), // several blocks in a part
		NewConv(1, 9, 9, 70, 470, 4, 4, 2, 1, false),
		NewConv(12, 1, 1, 300, 300, 3, 3, 2, 3, true),
	} {
		if !s.few() {
			t.Errorf("%+v has not few pixels", s)
		}
		compareConv(t, rng, s)
	}
	for n := 1; n <= 17; n += 4 {
		compareDense(t, rng, n, 1031, 67)
		compareDense(t, rng, n, 66, 1030)
	}
}

func FuzzConv2D(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) {
		rng := rand.New(rand.NewPCG(seed, 0))
		compareConv(t, rng, padded(rng, anyConv(rng)))
	})
}

// Each row of a result is an independent sum: with Alike, which forbids other algorithms for small
// batches, it has the same bits in any batch.
func TestResultOfAnImageDoesNotDependOnItsBatch(t *testing.T) {
	eachCPU(t, func(t *testing.T) {
		rng := newRand()
		for i := range 40 {
			s := anyConv(rng)
			if i >= 30 {
				s = anyWinograd(rng, 3)
			}
			s.Alike = true
			nx, nw, ny := s.lens()
			x, w, dy := randoms(rng, nx), randoms(rng, nw), randoms(rng, ny)
			y, dx := make([]float32, ny), make([]float32, nx)
			Conv2D(y, x, w, nil, s)
			Conv2DGradX(dx, dy, w, s)
			one := s
			one.N = 1
			nx, _, ny = one.lens()
			y1, dx1 := make([]float32, ny), make([]float32, nx)
			for n := range s.N {
				Conv2D(y1, x[n*nx:][:nx], w, nil, one)
				Conv2DGradX(dx1, dy[n*ny:][:ny], w, one)
				if !slices.Equal(y1, y[n*ny:][:ny]) || !slices.Equal(dx1, dx[n*nx:][:nx]) {
					t.Fatalf("%+v: image %d differs alone", s, n)
				}
			}
		}
	})
}
