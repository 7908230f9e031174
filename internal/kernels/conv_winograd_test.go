package kernels

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// anyWinograd draws sizes for Winograd's algorithm with filters of k by k: any padding, with incomplete tiles,
// vectors and panels.
func anyWinograd(rng *rand.Rand, k int) Conv {
	least, most := 16, 300_000
	if k == 5 {
		least, most = 48, 600_000
	}
	for {
		s := Conv{
			N: 1 + rng.IntN(9), H: 1 + rng.IntN(14), W: 1 + rng.IntN(14), C: least + rng.IntN(60), F: least + rng.IntN(60),
			KH: k, KW: k, SH: 1, SW: 1, Top: rng.IntN(k), Left: rng.IntN(k),
		}
		s.OH, s.OW = max(0, s.H+s.Top-rng.IntN(k)), max(0, s.W+s.Left-rng.IntN(k))
		if r := s.reversed(); s.N*s.OH*s.OW*s.C*s.F < most && (s.winograd() || r.winograd()) {
			return s
		}
	}
}

func TestWinogradIsTheDefinition(t *testing.T) {
	rng := newRand()
	count := 150 // FuzzWinograd tries others
	if testing.Short() || raced {
		count = 30
	}
	for i := range count {
		compareConv(t, rng, anyWinograd(rng, 3))
		if i%6 == 0 {
			compareConv(t, rng, anyWinograd(rng, 5))
		}
	}
	for _, s := range []Conv{
		NewConv(9, 13, 14, 17, 33, 3, 3, 1, 1, true),  // several parts of tiles
		NewConv(2, 4, 4, 300, 70, 3, 3, 1, 1, true),   // several runs of channels
		NewConv(150, 8, 8, 70, 66, 3, 3, 1, 1, false), // several rounds of the gradient
		NewConv(3, 10, 11, 97, 47, 5, 5, 1, 1, true),
		NewConv(2, 6, 8, 300, 70, 5, 5, 1, 1, true),
		NewConv(9, 15, 15, 96, 66, 5, 5, 1, 1, true),
	} {
		compareConv(t, rng, s)
	}
}

func FuzzWinograd(f *testing.F) {
	f.Add(uint64(1))
	f.Add(uint64(2))
	f.Fuzz(func(t *testing.T, seed uint64) {
		rng := rand.New(rand.NewPCG(seed, 0))
		compareConv(t, rng, anyWinograd(rng, 3+int(seed%2)*2))
	})
}

func TestDirectForbidsWinograd(t *testing.T) {
	s := NewConv(4, 8, 8, 64, 64, 3, 3, 1, 1, true)
	if !s.winograd() || !s.winogradGradW() {
		t.Errorf("%+v is not computed by Winograd's algorithm", s)
	}
	s.N = 1
	if s.winograd() || s.winogradGradW() {
		t.Errorf("%+v is, with four tiles", s)
	}
	s.Alike = true
	if !s.winograd() {
		t.Errorf("%+v is not, with Alike", s)
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
		matrix   []float64
		of       func(s *instructionSet) func(t *winogradTile)
	}{
		{"image", 6, true, winogradB, func(s *instructionSet) func(*winogradTile) { return s.winogradImage }},
		{"filter", 3, true, winogradG, func(s *instructionSet) func(*winogradTile) { return s.winograd3.filter }},
		{"output", 4, false, winogradA, func(s *instructionSet) func(*winogradTile) { return s.winograd3.output }},
		{"outputGrad", 4, true, transposed(winogradA, 6), func(s *instructionSet) func(*winogradTile) { return s.winograd3.outputGrad }},
		{"filterGrad", 3, false, transposed(winogradG, 3), func(s *instructionSet) func(*winogradTile) { return s.winograd3.filterGrad }},
		{"filter5", 5, true, winogradG5, func(s *instructionSet) func(*winogradTile) { return s.winograd5.filter }},
		{"output5", 2, false, winogradA5, func(s *instructionSet) func(*winogradTile) { return s.winograd5.output }},
		{"outputGrad5", 2, true, transposed(winogradA5, 6), func(s *instructionSet) func(*winogradTile) { return s.winograd5.outputGrad }},
		{"filterGrad5", 5, false, transposed(winogradG5, 5), func(s *instructionSet) func(*winogradTile) { return s.winograd5.filterGrad }},
	} {
		for channels := 1; channels <= 40; channels++ {
			width, k := blocks(channels, 16)*16, transform.pixels
			bias := randoms(rng, width)
			planes, pixels := randoms(rng, winogradPlanes*width), randoms(rng, k*k*channels)
			for _, set := range sets {
				out := fences(t, planes, pixels)
				tile := winogradTile{planes: &out[0][0], plane: width * float, channels: channels, bias: &bias[0]}
				for i := range k * k {
					tile.pixels[i] = &out[1][i*channels]
				}
				transform.of(set)(&tile)
				for c := range channels {
					got, want := out[0][c:], defineTransform(transform.matrix, every(pixels, c, channels), k)
					step := width
					if !transform.toPlanes {
						got, step = out[1][c:], channels
						want = defineTransform(transform.matrix, every(planes, c, width), 6)
						if strings.HasPrefix(transform.name, "output") {
							for i := range want {
								want[i] += float64(bias[c])
							}
						}
					}
					result := make([]float32, len(want))
					for i := range result {
						result[i] = got[i*step]
					}
					nearWithin(t, fmt.Sprintf("%s of channel %d of %d under %s", transform.name, c, channels, set.name), 1e-6, result, want)
				}
			}
		}
	}
}

// every returns every step-th value of x from first on.
func every(x []float32, first, step int) (y []float64) {
	for i := first; i < len(x); i += step {
		y = append(y, float64(x[i]))
	}
	return y
}
