package interop

import "testing"

// The step at which an epoch's fraction ends is that step, whatever rounding does to it.
func TestPiecesEndAtTheirSteps(t *testing.T) {
	for steps := 1; steps < 100; steps++ {
		for end := 1; end < 500; end++ {
			of := kerasPieces([]float64{float64(end) / float64(steps)}, []float64{1, 0.1}, 0.01, float64(steps))
			if got := of.Config["boundaries"].([]int)[0]; got != end-1 {
				t.Fatalf("%d steps of %d an epoch: the last one is %d, want %d", end, steps, got, end-1)
			}
		}
	}
}
