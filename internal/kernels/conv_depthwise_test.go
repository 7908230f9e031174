package kernels

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// conv returns the convolution with a group for each channel.
func (s Depthwise) conv() Conv {
	return Conv{N: s.N, H: s.H, W: s.W, C: s.C, F: s.C * s.M, KH: s.KH, KW: s.KW, SH: s.SH, SW: s.SW,
		Top: s.Top, Left: s.Left, OH: s.OH, OW: s.OW, GapH: s.GapH, GapW: s.GapW, Groups: s.C}
}

func randomDepthwise(rng *rand.Rand) Depthwise {
	pick := func(n int) int { return 1 + rng.IntN(n) }
	for {
		m, dh, dw := 1, 1, 1
		if rng.IntN(4) == 0 {
			m = pick(3)
		}
		if rng.IntN(3) == 0 {
			dh, dw = pick(3), pick(3)
		}
		s := NewDepthwise(pick(3), pick(20), pick(20), pick(70), m, pick(7), pick(7), pick(3), pick(3), dh, dw, rng.IntN(2) == 0)
		if s.OH > 0 && s.OW > 0 {
			return s
		}
	}
}

func testDepthwise(t *testing.T, count int, test func(t *testing.T, rng *rand.Rand, s Depthwise)) {
	rng := newRand()
	sizes := []Depthwise{
		NewDepthwise(2, 7, 7, 33, 1, 3, 3, 1, 1, 1, 1, true),
		NewDepthwise(2, 7, 7, 16, 1, 7, 7, 1, 1, 1, 1, true),  // one pixel has all taps
		NewDepthwise(2, 2, 2, 17, 1, 5, 5, 1, 1, 1, 1, true),  // none has
		NewDepthwise(1, 3, 31, 5, 1, 3, 23, 1, 2, 1, 1, true), // more runs in a row than are kept
		NewDepthwise(1, 7, 7, 8, 1, 1, 1, 3, 3, 1, 1, true),   // pixels that are in no window
		NewDepthwise(1, 9, 9, 8, 1, 3, 3, 4, 6, 2, 4, false),  // stride and dilation with a common divisor
		NewDepthwise(2, 1, 3, 2, 2, 2, 2, 1, 1, 2, 2, true),   // a window all of whose pixels lie outside
		NewDepthwise(40, 5, 6, 3, 2, 3, 3, 2, 2, 1, 1, true),  // several images in a partial sum
	}
	for range count {
		sizes = append(sizes, randomDepthwise(rng))
	}
	if raced {
		sizes = sizes[:10]
	}
	eachCPU(t, func(t *testing.T) {
		for _, s := range sizes {
			t.Run(fmt.Sprintf("%+v", s), func(t *testing.T) { test(t, rng, s) })
		}
	})
}

// depthwiseIsItsDefinition compares output and gradients with the definition, in slices that
// allocate returns.
func depthwiseIsItsDefinition(t *testing.T, rng *rand.Rand, s Depthwise, allocate func(n int) []float32) {
	nx, nw, ny := s.conv().lens()
	random := func(n int) []float32 {
		x := allocate(n)
		copy(x, randoms(rng, n))
		return x
	}
	x, w, b, dy := random(nx), random(nw), random(s.C*s.M), random(ny)
	y, dx, dw := random(ny), random(nx), random(nw)
	DepthwiseConv2D(y, x, w, b, s)
	near(t, "y", y, s.conv().define(wide(x), wide(w), wide(b)))
	DepthwiseConv2D(y, x, w, nil, s)
	near(t, "y without bias", y, s.conv().define(wide(x), wide(w), nil))
	wantX, wantW := s.conv().defineGrads(wide(x), wide(w), wide(dy))
	DepthwiseConv2DGradX(dx, dy, w, s)
	near(t, "dx", dx, wantX)
	DepthwiseConv2DGradW(dw, x, dy, s)
	near(t, "dw", dw, wantW)
}

func TestDepthwiseConv2DIsItsDefinition(t *testing.T) {
	testDepthwise(t, 60, func(t *testing.T, rng *rand.Rand, s Depthwise) {
		depthwiseIsItsDefinition(t, rng, s, func(n int) []float32 { return make([]float32, n) })
	})
}

func TestDepthwiseConv2DStaysInsideItsSlices(t *testing.T) {
	testDepthwise(t, 8, func(t *testing.T, rng *rand.Rand, s Depthwise) {
		depthwiseIsItsDefinition(t, rng, s, func(n int) []float32 { return fence(t, n) })
	})
}

func FuzzDepthwiseConv2D(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) {
		rng := rand.New(rand.NewPCG(seed, 0))
		s := randomDepthwise(rng)
		eachCPU(t, func(t *testing.T) {
			depthwiseIsItsDefinition(t, rng, s, func(n int) []float32 { return make([]float32, n) })
		})
	})
}
