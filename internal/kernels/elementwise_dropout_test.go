package kernels

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"cnntrain/internal/random"
)

// kept returns which of n values are kept.
func kept(n int, key uint64, rate float64) []bool {
	out, x := make([]float32, n), make([]float32, n)
	for i := range x {
		x[i] = 1
	}
	Dropout(out, x, key, rate)
	keep := make([]bool, n)
	for i, v := range out {
		keep[i] = v != 0
	}
	return keep
}

func count(keep []bool) (n float64) {
	for _, k := range keep {
		if k {
			n++
		}
	}
	return n
}

func TestDropoutKeepsTheExpectation(t *testing.T) {
	eachCPU(t, func(t *testing.T) {
		const n = 1 << 17
		for _, rate := range []float64{0, 0.001, 0.1, 0.3, 0.5, 0.9} {
			for key := range uint64(4) {
				deviation := math.Sqrt(n * rate * (1 - rate))
				if got := count(kept(n, key, rate)); math.Abs(got-n*(1-rate)) > 4*deviation {
					t.Errorf("rate %g, key %d: kept %g of %d", rate, key, got, n)
				}
			}
		}
		x := []float32{3}
		if Dropout(x, x, 1, 0); x[0] != 3 {
			t.Errorf("rate 0 made %g of 3", x[0])
		}
		for key := range uint64(64) {
			x[0] = 3
			if Dropout(x, x, key, 0.25); x[0] != 0 && x[0] != 4 {
				t.Errorf("rate 0.25 made %g of 3", x[0])
			}
		}
	})
}

// Adjacent values, rows of a batch and consecutive keys agree as often as independent
// draws.
func TestDropoutIsIndependentOfPlaceAndKey(t *testing.T) {
	const n = 1 << 17
	agree := func(a, b []bool) float64 {
		same := 0.0
		for i := range a {
			if a[i] == b[i] {
				same++
			}
		}
		return same / float64(len(a))
	}
	a := kept(n, 7, 0.5)
	for _, lag := range []int{1, 2, 3, 7, 16, 84, 120, 400, 4096, 1 << 16} {
		if got := agree(a[lag:], a[:n-lag]); math.Abs(got-0.5) > 4*0.5/math.Sqrt(float64(n-lag)) {
			t.Errorf("%d apart: %.4f agree", lag, got)
		}
	}
	for step := range uint64(20) {
		key := random.New(1, step).Uint64(0)
		if got := agree(a, kept(n, key, 0.5)); math.Abs(got-0.5) > 4*0.5/math.Sqrt(n) {
			t.Errorf("keys 7 and %#x: %.4f agree", key, got)
		}
	}
}

func TestDropoutNeverChanges(t *testing.T) {
	eachCPU(t, func(t *testing.T) {
		got := ""
		for _, k := range kept(32, 0x0123456789abcdef, 0.5) {
			got += map[bool]string{true: "1", false: "0"}[k]
		}
		if want := "00000001010000101011000010000001"; got != want {
			t.Errorf("kept %s, want %s", got, want)
		}
	})
}

func TestDropoutGradientHasTheSameMask(t *testing.T) {
	eachCPU(t, func(t *testing.T) {
		x, dy := randoms(newRand(), 1000), randoms(newRand(), 1000)
		dx := make([]float32, 1000)
		Dropout(dx, dy, 3, 0.4)
		keep := kept(1000, 3, 0.4)
		near(t, "dx", dx, numericGrad(func(x []float64) []float64 {
			y := slices.Clone(x)
			for i := range y {
				if y[i] /= 1 - 0.4; !keep[i] {
					y[i] = 0
				}
			}
			return y
		}, wide(x), dy))
	})
}

func TestSpatialDropoutDropsWholeChannels(t *testing.T) {
	const n, pixels, c, rate = 64, 6, 50, 0.3
	x, out := make([]float32, n*pixels*c), make([]float32, n*pixels*c)
	for i := range x {
		x[i] = 1
	}
	SpatialDropout2D(out, x, 9, rate, n, pixels, c)
	on := 0.0
	for i := range n {
		for ch := range c {
			first := out[i*pixels*c+ch]
			for p := range pixels {
				if out[(i*pixels+p)*c+ch] != first {
					t.Fatalf("image %d, channel %d is dropped in part", i, ch)
				}
			}
			if first != 0 {
				on++
			}
		}
	}
	if math.Abs(on-n*c*(1-rate)) > 4*math.Sqrt(n*c*rate*(1-rate)) {
		t.Errorf("kept %g of %d channels", on, n*c)
	}
}

func BenchmarkDropout(b *testing.B) {
	for _, cpu := range cpus() {
		b.Run(fmt.Sprintf("cpu=%s", cpu), func(b *testing.B) {
			withCPU(b, cpu)
			withThreads(b, 1)
			x := make([]float32, 32*4096)
			b.SetBytes(4 * int64(len(x)))
			for b.Loop() {
				Dropout(x, x, 1, 0.5)
			}
		})
	}
}
