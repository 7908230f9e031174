package kernels

import "testing"

func TestByIndexCallsEachIndexOnce(t *testing.T) {
	x, out := make([]float32, 3*grain+5), make([]float32, 3*grain+5)
	for i := range x {
		x[i] = float32(i % 7)
	}
	ByIndex(out, x, func(i int, v float32) float32 { return float32(i) - v })
	for i, v := range out {
		if v != float32(i)-x[i] {
			t.Fatalf("value %d is %v", i, v)
		}
	}
}

func TestScaleChannelsIsItsDefinition(t *testing.T) {
	rng := newRand()
	for _, size := range [][2]int{{1, 1}, {130, 3}, {7, 40}} {
		rows, c := size[0], size[1]
		x, dy, scale := randoms(rng, rows*c), randoms(rng, rows*c), randoms(rng, c)
		define := func(x, scale []float64) []float64 {
			out := make([]float64, rows*c)
			for i := range out {
				out[i] = x[i] * scale[i%c]
			}
			return out
		}
		out, dscale := make([]float32, rows*c), make([]float32, c)
		ScaleChannels(out, x, scale, rows, c)
		near(t, "out", out, define(wide(x), wide(scale)))
		ScaleChannelsGradScale(dscale, x, dy, rows, c)
		near(t, "dscale", dscale, numericGrad(func(s []float64) []float64 { return define(wide(x), s) }, wide(scale), dy))
	}
}
