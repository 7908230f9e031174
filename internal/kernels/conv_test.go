package kernels

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

func randomConv(rng *rand.Rand, largest int) Conv {
	pick := func(n int) int { return 1 + rng.IntN(n) }
	for {
		s := NewConv(pick(3), pick(largest), pick(largest), pick(5), pick(9), pick(5), pick(5), pick(3), pick(3), rng.IntN(2) == 0)
		if rng.IntN(2) == 0 {
			s = NewDilatedConv(s.N, s.H, s.W, s.C, s.F, s.KH, s.KW, 1, 1, pick(3), pick(3), rng.IntN(2) == 0)
		}
		if rng.IntN(2) == 0 {
			s.Groups = pick(4)
			s.C, s.F = s.C*s.Groups, s.F*s.Groups
		}
		if s.OH > 0 && s.OW > 0 {
			return s
		}
	}
}

func (s Conv) lens() (x, w, y int) {
	return s.N * s.H * s.W * s.C, s.KH * s.KW * s.C / s.groups() * s.F, s.N * s.OH * s.OW * s.F
}

func testConvs(t *testing.T, largest, count int, test func(t *testing.T, rng *rand.Rand, s Conv)) {
	rng := newRand()
	convs := []Conv{
		NewConv(2, 2, 2, 16, 24, 3, 3, 1, 1, true), // every window extends beyond the image
		NewConv(2, 1, 1, 3, 4, 5, 5, 1, 1, true),   // padding on all sides of one pixel
		NewConv(1, 7, 7, 2, 3, 1, 1, 3, 3, true),   // pixels that are in no window
		{N: 1, H: 4, W: 4, C: 1, F: 2, KH: 3, KW: 3, SH: 2, SW: 2, Top: 2, Left: 1, OH: 3, OW: 2},
		NewDilatedConv(2, 1, 3, 2, 3, 2, 2, 1, 1, 2, 2, true),                                         // a window all of whose pixels lie outside
		{N: 2, H: 5, W: 5, C: 80, F: 120, KH: 3, KW: 3, SH: 1, SW: 1, OH: 3, OW: 3, Groups: 2},        // panels, the last one not full
		{N: 2, H: 6, W: 5, C: 18, F: 24, KH: 3, KW: 2, SH: 2, SW: 1, Top: 1, OH: 3, OW: 4, Groups: 6}, // three groups joined
		{N: 2, H: 5, W: 5, C: 64, F: 64, KH: 3, KW: 3, SH: 1, SW: 1, OH: 3, OW: 3, Groups: 16},        // four
	}
	for range count {
		convs = append(convs, randomConv(rng, largest))
	}
	eachCPU(t, func(t *testing.T) {
		for _, s := range convs {
			t.Run(fmt.Sprintf("%+v", s), func(t *testing.T) { test(t, rng, s) })
		}
	})
}

func TestConv2DIsItsDefinition(t *testing.T) {
	testConvs(t, 16, 100, func(t *testing.T, rng *rand.Rand, s Conv) {
		nx, nw, ny := s.lens()
		x, w, b, dy := randoms(rng, nx), randoms(rng, nw), randoms(rng, s.F), randoms(rng, ny)

		out := make([]float32, ny)
		Conv2D(out, x, w, b, s)
		near(t, "out", out, s.define(wide(x), wide(w), wide(b)))
		Conv2D(out, x, w, nil, s)
		near(t, "out without bias", out, s.define(wide(x), wide(w), nil))

		dx, dw := make([]float32, nx), make([]float32, nw)
		wantX, wantW := s.defineGrads(wide(x), wide(w), wide(dy))
		Conv2DGradX(dx, dy, w, s)
		near(t, "dx", dx, wantX)
		Conv2DGradW(dw, x, dy, s)
		near(t, "dw", dw, wantW)
	})
}

func TestConv2DGradIsFiniteDifference(t *testing.T) {
	testConvs(t, 6, 12, func(t *testing.T, rng *rand.Rand, s Conv) {
		nx, nw, ny := s.lens()
		if nx*ny*s.KH*s.KW > 1e6 || nw*ny*s.KH*s.KW > 1e6 {
			t.Skip("too large for differences")
		}
		x, w, b, dy := randoms(rng, nx), randoms(rng, nw), randoms(rng, s.F), randoms(rng, ny)
		dx, dw, db := make([]float32, nx), make([]float32, nw), make([]float32, s.F)

		Conv2DGradX(dx, dy, w, s)
		near(t, "dx", dx, numericGrad(func(x []float64) []float64 { return s.define(x, wide(w), nil) }, wide(x), dy))
		Conv2DGradW(dw, x, dy, s)
		near(t, "dw", dw, numericGrad(func(w []float64) []float64 { return s.define(wide(x), w, nil) }, wide(w), dy))
		SumRows(db, dy, s.N*s.OH*s.OW, s.F)
		near(t, "db", db, numericGrad(func(b []float64) []float64 { return s.define(wide(x), wide(w), b) }, wide(b), dy))
	})
}

func TestConvSizesFollowTensorFlow(t *testing.T) {
	for _, c := range []struct {
		in, k, stride int
		same          bool
		out, before   int
	}{
		{32, 5, 1, false, 28, 0},
		{32, 5, 1, true, 32, 2},
		{32, 2, 1, true, 32, 0}, // odd padding goes after
		{32, 3, 2, true, 16, 0}, // one zero, after
		{31, 3, 2, true, 16, 1},
		{7, 3, 2, false, 3, 0},
		{7, 1, 3, true, 3, 0}, // no negative padding
		{2, 3, 1, false, 0, 0},
		{2, 3, 2, false, 0, 0},
		{1, 5, 1, true, 1, 2},
	} {
		conv := NewConv(1, c.in, c.in, 1, 1, c.k, c.k, c.stride, c.stride, c.same)
		pool := NewPool(1, c.in, c.in, 1, c.k, c.k, c.stride, c.stride, c.same)
		want := [...]int{c.out, c.out, c.before, c.before}
		if got := [...]int{conv.OH, conv.OW, conv.Top, conv.Left}; got != want {
			t.Errorf("%+v: convolution OH, OW, Top, Left = %v", c, got)
		}
		if got := [...]int{pool.OH, pool.OW, pool.Top, pool.Left}; got != want {
			t.Errorf("%+v: pooling OH, OW, Top, Left = %v", c, got)
		}
	}
}

func TestConvWithWindowsOutsideTheImagePanics(t *testing.T) {
	x := make([]float32, 1000)
	for _, s := range []Conv{
		{N: 1, H: 4, W: 4, C: 1, F: 1, KH: 2, KW: 2, SH: 1, SW: 1, Top: 2, OH: 3, OW: 3},
		{N: 1, H: 4, W: 4, C: 1, F: 1, KH: 2, KW: 2, SH: 1, SW: 1, OH: 3, OW: 5},
		{N: 1, H: 4, W: 4, C: 1, F: 1, KH: 2, KW: 2, OH: 3, OW: 3},
		{N: 1, H: 4, W: 4, C: 3, F: 2, KH: 2, KW: 2, SH: 1, SW: 1, OH: 3, OW: 3, Groups: 2},
		{N: 1, H: 4, W: 4, C: 1, F: 1, KH: 2, KW: 2, SH: 2, SW: 1, OH: 1, OW: 3, GapH: 1},
	} {
		if panicOf(func() { Conv2D(x, x, x, nil, s) }) == "" {
			t.Errorf("%+v: no panic", s)
		}
	}
}
