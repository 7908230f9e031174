package kernels

import (
	"math"
	"math/rand/v2"
	"testing"
)

// withThreads sets the number of threads for the rest of a test.
func withThreads(t testing.TB, n int) {
	before := Threads()
	SetThreads(n)
	t.Cleanup(func() { SetThreads(before) })
}

// newRand returns a random number generator with a fixed seed.
func newRand() *rand.Rand { return rand.New(rand.NewPCG(20, 26)) }

// randoms returns n values, normally distributed.
func randoms(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

// distributions returns n rows of c positive values that sum to 1.
func distributions(rng *rand.Rand, n, c int) []float32 {
	x := make([]float32, n*c)
	for i := range n {
		row, total := x[i*c:][:c], float32(0)
		for j := range row {
			row[j] = 0.05 + rng.Float32()
			total += row[j]
		}
		for j := range row {
			row[j] /= total
		}
	}
	return x
}

func wide(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

// near fails unless got is want up to 1e-5 of the largest value of want.
func near(t *testing.T, what string, got []float32, want []float64) {
	t.Helper()
	nearWithin(t, what, 1e-5, got, want)
}

// nearWithin fails unless got is want within tolerance times the largest value of want.
func nearWithin(t *testing.T, what string, tolerance float64, got []float32, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	scale := 1e-6
	for _, v := range want {
		scale = max(scale, math.Abs(v))
	}
	for i, v := range want {
		if diff := math.Abs(float64(got[i]) - v); !(diff <= tolerance*scale) {
			t.Fatalf("%s: value %d is %v, want %v", what, i, got[i], v)
		}
	}
}

// numericGrad returns the gradient for x of Σ dy·f(x), by central differences.
func numericGrad(f func(x []float64) []float64, x []float64, dy []float32) []float64 {
	const h = 1e-5
	at := func() float64 {
		sum := 0.0
		for i, v := range f(x) {
			sum += v * float64(dy[i])
		}
		return sum
	}
	grad := make([]float64, len(x))
	for i, v := range x {
		x[i] = v + h
		above := at()
		x[i] = v - h
		grad[i] = (above - at()) / (2 * h)
		x[i] = v
	}
	return grad
}

// withCPU sets the implementation for the rest of a test.
func withCPU(t testing.TB, name string) {
	before := CPU()
	if err := SetCPU(name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := SetCPU(before); err != nil {
			t.Error(err)
		}
	})
}

// eachCPU runs a test under each implementation that this machine supports.
func eachCPU(t *testing.T, test func(t *testing.T)) {
	for _, name := range cpus() {
		t.Run(name, func(t *testing.T) {
			withCPU(t, name)
			test(t)
		})
	}
}
