package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// awkward returns n values that include NaN, infinities, zeros of both signs, and many
// ties.
func awkward(t testing.TB, rng *rand.Rand, n int) []float32 {
	x := fence(t, n)
	special := []float64{0, math.Copysign(0, -1), math.NaN(), math.Inf(1), math.Inf(-1), 1e-40, 1, -1}
	for i := range x {
		x[i] = float32(rng.IntN(5) - 2)
		if rng.IntN(10) == 0 {
			x[i] = float32(special[rng.IntN(len(special))])
		}
	}
	return x
}

// sameBits fails unless both have the same values, including NaN.
func sameBits(t *testing.T, what string, got, want []float32) {
	t.Helper()
	if !slices.EqualFunc(got, want, func(a, b float32) bool { return a == b || a != a && b != b }) {
		t.Fatalf("%s: %v, want %v", what, got, want)
	}
}

func TestElementwiseKernelsGiveTheBitsOfTheGenericOnes(t *testing.T) {
	rng := newRand()
	for n := range 100 {
		x, y := awkward(t, rng, n), awkward(t, rng, n)
		m, v := randoms(rng, n), positive(randoms(rng, n))
		for i := range n {
			if i%4 == 0 { // about to become subnormal
				m[i], v[i] = m[i]*2e-38, v[i]*2e-38
			}
		}
		for name, run := range map[string]func(out, a, b []float32){
			"ReLU":                  func(out, _, _ []float32) { ReLU(out, x) },
			"ReLUGrad":              func(out, _, _ []float32) { ReLUGrad(out, x, y) },
			"ReLU6":                 func(out, _, _ []float32) { Rectifier{Max: 1}.Apply(out, x) },
			"ReLU6Grad":             func(out, _, _ []float32) { Rectifier{Max: 1}.Grad(out, x, y) },
			"Affine":                func(out, _, _ []float32) { Affine(out, x, 1.3, -0.7) },
			"Combine":               func(out, _, _ []float32) { Combine(out, x, y, 0.3, 0.7) },
			"Dropout":               func(out, _, _ []float32) { Dropout(out, x, 5, 0.4) },
			"Adam":                  func(out, a, b []float32) { Adam(out, x, a, b, 0.01, 0.9, 0.999, 1e-7) },
			"Adagrad":               func(out, a, _ []float32) { Adagrad(out, x, a, 0.01, 1e-7) },
			"RMSprop":               func(out, a, _ []float32) { RMSprop(out, x, a, nil, nil, 0.01, 0.9, 0, 1e-7) },
			"RMSprop with momentum": func(out, a, b []float32) { RMSprop(out, x, a, nil, b, 0.01, 0.9, 0.5, 1e-7) },
			"Multiply":              func(out, _, _ []float32) { Multiply(out, x, y) },
			"DotPixels":             func(out, a, _ []float32) { DotPixels(a, x, y, 1, 1, n) },
			"SumPixels":             func(out, a, _ []float32) { SumPixels(a, x, 1, 1, n) },
			"ScaleExamples":         func(out, _, _ []float32) { ScaleExamples(out, x, 1, n, func(int) float32 { return 1.3 }) },
			"SGD":                   func(out, _, _ []float32) { SGD(out, x, nil, 0.1, 0, false) },
			"momentum":              func(out, a, _ []float32) { SGD(out, x, a, 0.1, 0.9, false) },
			"nesterov":              func(out, a, _ []float32) { SGD(out, x, a, 0.1, 0.9, true) },
		} {
			withCPU(t, "generic")
			want := [][]float32{slices.Clone(y), slices.Clone(m), slices.Clone(v)}
			run(want[0], want[1], want[2])
			for _, cpu := range cpus()[1:] {
				withCPU(t, cpu)
				got := fences(t, y, m, v)
				run(got[0], got[1], got[2])
				for i := range got {
					sameBits(t, fmt.Sprintf("%s of %d under %s", name, n, cpu), got[i], want[i])
				}
			}
		}
	}
}

func TestMaxPoolGivesTheBitsOfTheGenericOne(t *testing.T) {
	rng := newRand()
	pick := func(n int) int { return 1 + rng.IntN(n) }
	for range 300 {
		s := NewPool(pick(3), pick(9), pick(9), pick(40), pick(3), pick(3), pick(4), pick(4), false)
		if s.OH == 0 || s.OW == 0 {
			continue
		}
		x, dy := awkward(t, rng, s.N*s.H*s.W*s.C), randoms(rng, s.N*s.OH*s.OW*s.C)
		pool := func(y, dx []float32) {
			MaxPool2D(y, x, s)
			MaxPool2DGrad(dx, x, y, dy, s)
		}
		withCPU(t, "generic")
		y, dx := make([]float32, len(dy)), make([]float32, len(x))
		pool(y, dx)
		for _, cpu := range cpus()[1:] {
			withCPU(t, cpu)
			got := fences(t, y, dx)
			pool(got[0], got[1])
			sameBits(t, fmt.Sprintf("%+v under %s: y", s, cpu), got[0], y)
			sameBits(t, fmt.Sprintf("%+v under %s: dx", s, cpu), got[1], dx)
		}
	}
}

func TestMaxPoolGradSaysWhichYIsNoMaximum(t *testing.T) {
	eachCPU(t, func(t *testing.T) {
		withThreads(t, 1)
		s := NewPool(1, 4, 4, 1, 2, 2, 2, 2, false)
		x, y, dy := make([]float32, 16), []float32{0, 0, 0, 1}, make([]float32, 4)
		if message := panicOf(func() { MaxPool2DGrad(make([]float32, 16), x, y, dy, s) }); message != "kernels: MaxPool2DGrad: y is not the maximum of x at [0 1 1 0]" {
			t.Errorf("panicked with %q", message)
		}
	})
}
