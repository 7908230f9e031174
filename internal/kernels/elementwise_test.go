package kernels

import (
	"math"
	"slices"
	"testing"
)

func TestReLUKeepsNaN(t *testing.T) {
	eachCPU(t, func(t *testing.T) {
		nan, inf := float32(math.NaN()), float32(math.Inf(1))
		x := []float32{-1, 0, 2, nan, inf, -inf}
		out := make([]float32, len(x))
		ReLU(out, x)
		if !slices.Equal(out[:3], []float32{0, 0, 2}) || out[3] == out[3] || out[4] != inf || out[5] != 0 {
			t.Errorf("ReLU(%v) = %v", x, out)
		}
	})
}

func TestReLUGradPassesWherePositive(t *testing.T) {
	eachCPU(t, func(t *testing.T) {
		nan := float32(math.NaN())
		y, dy, dx := []float32{0, 2, 0, 3, 1}, []float32{5, -6, nan, nan, 0}, make([]float32, 5)
		ReLUGrad(dx, y, dy)
		if !slices.Equal(dx[:3], []float32{0, -6, 0}) || dx[3] == dx[3] || dx[4] != 0 {
			t.Errorf("gradient %v", dx)
		}
	})
}

func TestReLUGradIsFiniteDifference(t *testing.T) {
	eachCPU(t, func(t *testing.T) {
		rng := newRand()
		x, dy := randoms(rng, 100), randoms(rng, 100)
		y, dx := make([]float32, 100), make([]float32, 100)
		ReLU(y, x)
		ReLUGrad(dx, y, dy)
		near(t, "dx", dx, numericGrad(func(x []float64) []float64 {
			y := slices.Clone(x)
			for i := range y {
				y[i] = max(y[i], 0)
			}
			return y
		}, wide(x), dy))
	})
}

func TestAffineScalesAndShifts(t *testing.T) {
	eachCPU(t, func(t *testing.T) {
		x := []float32{0, 1, -2}
		Affine(x, x, 0.5, 3)
		if !slices.Equal(x, []float32{3, 3.5, 2}) {
			t.Errorf("got %v", x)
		}
	})
}

func TestAllFiniteFindsOneBadValueAnywhere(t *testing.T) {
	eachCPU(t, func(t *testing.T) {
		x := randoms(newRand(), 2*grain+5)
		x[7], x[8] = math.MaxFloat32, -math.MaxFloat32
		if !AllFinite(x) || !AllFinite(nil) {
			t.Error("finite values are called infinite")
		}
		for _, at := range []int{0, grain - 1, grain, len(x) - 1} {
			for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
				before := x[at]
				x[at] = float32(bad)
				if AllFinite(x) {
					t.Errorf("%v at %d is called finite", bad, at)
				}
				x[at] = before
			}
		}
	})
}

func TestKernelsThatSaySoWorkInPlace(t *testing.T) {
	eachCPU(t, func(t *testing.T) {
		x, dy := randoms(newRand(), 1000), randoms(newRand(), 1000)
		for name, run := range map[string]func(out, x []float32){
			"ReLU":     ReLU,
			"ReLUGrad": func(out, x []float32) { ReLUGrad(out, dy, x) },
			"Affine":   func(out, x []float32) { Affine(out, x, 2, 1) },
			"Softmax":  func(out, x []float32) { Softmax(out, x, 100, 10) },
		} {
			want, inPlace := make([]float32, len(x)), slices.Clone(x)
			run(want, x)
			run(inPlace, inPlace)
			if !slices.Equal(inPlace, want) {
				t.Errorf("%s in place differs", name)
			}
		}
	})
}
