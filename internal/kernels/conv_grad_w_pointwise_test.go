package kernels

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// anyPointwise draws sizes of convolutions with filters of one pixel, some with strides that skip pixels.
func anyPointwise(rng *rand.Rand) Conv {
	return NewConv(1+rng.IntN(12), 1+rng.IntN(20), 1+rng.IntN(20), 8+rng.IntN(60), 16+rng.IntN(90), 1, 1, 1+rng.IntN(2), 1+rng.IntN(3), true)
}

func TestPointwiseGradWIsTheDefinition(t *testing.T) {
	rng := newRand()
	count := 100
	if testing.Short() || raced {
		count = 10
	}
	for range count {
		compareConv(t, rng, anyPointwise(rng))
	}
	for _, s := range []Conv{
		NewConv(3, 16, 16, 24, 144, 1, 1, 1, 1, true),  // slices of whole blocks
		NewConv(9, 29, 30, 16, 32, 1, 1, 1, 1, true),   // more blocks than slices
		NewConv(2, 31, 30, 130, 170, 1, 1, 1, 1, true), // copies in several rounds
		NewConv(4, 15, 15, 200, 260, 1, 1, 2, 2, true),
		NewConv(1, 3, 3, 300, 40, 1, 1, 1, 1, true), // a part of a block
	} {
		if !s.pointwiseGradW() {
			t.Errorf("%+v is computed otherwise", s)
		}
		compareConv(t, rng, s)
	}
}

func FuzzPointwiseGradW(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) {
		rng := rand.New(rand.NewPCG(seed, 0))
		compareConv(t, rng, anyPointwise(rng))
	})
}

func TestPointwiseGradWIsTheSameForAnyThreadCount(t *testing.T) {
	rng := newRand()
	for _, s := range []Conv{
		NewConv(9, 29, 30, 16, 32, 1, 1, 1, 1, true),
		NewConv(2, 31, 30, 130, 170, 1, 1, 2, 1, true),
	} {
		nx, nw, ny := s.lens()
		x, dy, want := randoms(rng, nx), randoms(rng, ny), make([]float32, nw)
		withThreads(t, 1)
		Conv2DGradW(want, x, dy, s)
		for _, n := range []int{2, 3, 8} {
			withThreads(t, n)
			dw := randoms(rng, nw)
			if Conv2DGradW(dw, x, dy, s); !slices.Equal(dw, want) {
				t.Errorf("%d threads give another gradient than one, for %+v", n, s)
			}
		}
	}
}
