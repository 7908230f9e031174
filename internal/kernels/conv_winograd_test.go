package kernels

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// anyWinograd draws sizes for Winograd's algorithm: any padding, parts of tiles,
// of vectors and of panels.
func anyWinograd(rng *rand.Rand) Conv {
	for {
		s := Conv{
			N: 1 + rng.IntN(9), H: 1 + rng.IntN(14), W: 1 + rng.IntN(14), C: 16 + rng.IntN(60), F: 16 + rng.IntN(60),
			KH: 3, KW: 3, SH: 1, SW: 1, Top: rng.IntN(3), Left: rng.IntN(3),
		}
		s.OH, s.OW = max(0, s.H+s.Top-rng.IntN(3)), max(0, s.W+s.Left-rng.IntN(3))
		if r := s.reversed(); s.N*s.OH*s.OW*s.C*s.F < 300_000 && (s.winograd() || r.winograd()) {
			return s
		}
	}
}

func TestWinogradComputesWhatGenericKernelsDo(t *testing.T) {
	rng := newRand()
	count := 300
	if testing.Short() {
		count = 50
	}
	for range count {
		compareConv(t, rng, anyWinograd(rng))
	}
	for _, s := range []Conv{
		NewConv(9, 13, 14, 17, 33, 3, 3, 1, 1, true),  // several parts of tiles
		NewConv(2, 4, 4, 300, 70, 3, 3, 1, 1, true),   // several runs of channels
		NewConv(150, 8, 8, 70, 66, 3, 3, 1, 1, false), // several rounds of the gradient
	} {
		compareConv(t, rng, s)
	}
}

func FuzzWinograd(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) {
		rng := rand.New(rand.NewPCG(seed, 0))
		compareConv(t, rng, anyWinograd(rng))
	})
}

func TestDirectForbidsWinograd(t *testing.T) {
	s := NewConv(1, 8, 8, 64, 64, 3, 3, 1, 1, true)
	if !s.winograd() {
		t.Errorf("%+v is not computed by Winograd's algorithm", s)
	}
	s.Direct = true
	if r := s.reversed(); s.winograd() || r.winograd() {
		t.Errorf("%+v is", s)
	}
}

func TestWinogradTransformsAreTheirMatrices(t *testing.T) {
	rng := newRand()
	for _, transform := range []struct {
		name     string
		pixels   int // along a side
		toPlanes bool
		of       func(s *instructionSet) func(t *winogradTile)
	}{
		{"image", 6, true, func(s *instructionSet) func(*winogradTile) { return s.winogradImage }},
		{"filter", 3, true, func(s *instructionSet) func(*winogradTile) { return s.winogradFilter }},
		{"output", 4, false, func(s *instructionSet) func(*winogradTile) { return s.winogradOutput }},
		{"outputGrad", 4, true, func(s *instructionSet) func(*winogradTile) { return s.winogradOutputGrad }},
		{"filterGrad", 3, false, func(s *instructionSet) func(*winogradTile) { return s.winogradFilterGrad }},
	} {
		for channels := 1; channels <= 40; channels++ {
			width := blocks(channels, 16) * 16
			bias := randoms(rng, width)
			planes, pixels := randoms(rng, winogradPlanes*width), randoms(rng, transform.pixels*transform.pixels*channels)
			apply := func(run func(*winogradTile)) (x, y []float32) {
				got := fences(t, planes, pixels)
				tile := winogradTile{planes: &got[0][0], plane: width * float, channels: channels, bias: &bias[0]}
				for i := range transform.pixels * transform.pixels {
					tile.pixels[i] = &got[1][i*channels]
				}
				run(&tile)
				for i := range got[0] { // behind the channels, anything
					if i%width >= channels {
						got[0][i] = 0
					}
				}
				return got[0], got[1]
			}
			wantPlanes, wantPixels := apply(transform.of(&generic))
			for _, set := range sets[1:] {
				gotPlanes, gotPixels := apply(transform.of(set))
				what := fmt.Sprintf("%s of %d under %s", transform.name, channels, set.name)
				sameUpTo(t, what, 1e-6, gotPlanes, wantPlanes)
				sameUpTo(t, what, 1e-6, gotPixels, wantPixels)
			}
		}
	}
}
