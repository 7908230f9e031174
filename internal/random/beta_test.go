package random

import (
	"math"
	"testing"
)

// Mean and variance of the beta distribution are 1/2 and 1/(8α+4).
func TestBetaHasItsMoments(t *testing.T) {
	const n = 40000
	for _, alpha := range []float64{1e-6, 0.01, 0.2, 1, 3, 50} {
		var sum, squares float64
		for i := range uint64(n) {
			v := New(7).Beta(i, alpha)
			if !(v >= 0 && v <= 1) {
				t.Fatalf("alpha %g: %g", alpha, v)
			}
			sum += v
			squares += (v - 0.5) * (v - 0.5)
		}
		mean, variance, want := sum/n, squares/n, 1/(8*alpha+4)
		if math.Abs(mean-0.5) > 4*math.Sqrt(want/n) || math.Abs(variance/want-1) > 0.04 {
			t.Errorf("alpha %g: mean %.4f, variance %.5f, want %.5f", alpha, mean, variance, want)
		}
	}
}
