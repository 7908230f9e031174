package kernels

import (
	"testing"
)

// contrast is Contrast in float64.
func contrast(x []float64, amounts []float32, s Colors) []float64 {
	out := make([]float64, len(x))
	for n := range s.N {
		for c := range s.C {
			at := func(p int) int { return (n*s.Pixels+p)*s.C + c }
			mean := 0.0
			for p := range s.Pixels {
				mean += x[at(p)] / float64(s.Pixels)
			}
			for p := range s.Pixels {
				v := (x[at(p)]-mean)*float64(amounts[n]) + mean
				out[at(p)] = min(max(v, float64(s.Low)), float64(s.High))
			}
		}
	}
	return out
}

// brightness is Brightness in float64.
func brightness(x []float64, amounts []float32, s Colors) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = min(max(v+float64(amounts[i/(s.Pixels*s.C)]), float64(s.Low)), float64(s.High))
	}
	return out
}

func TestColorsChangeByTheirDefinition(t *testing.T) {
	rng := newRand()
	s := Colors{N: 3, Pixels: 7, C: 4, Low: -0.9, High: 1}
	x, dy, amounts := randoms(rng, 3*7*4), randoms(rng, 3*7*4), []float32{0.5, 1, 1.4}
	y, dx := make([]float32, len(x)), make([]float32, len(x))

	Contrast(y, x, amounts, s)
	near(t, "contrast", y, contrast(wide(x), amounts, s))
	ContrastGrad(dx, x, dy, amounts, s)
	near(t, "gradient of contrast", dx, numericGrad(func(x []float64) []float64 { return contrast(x, amounts, s) }, wide(x), dy))

	Brightness(y, x, amounts, s)
	near(t, "brightness", y, brightness(wide(x), amounts, s))
	BrightnessGrad(dx, x, dy, amounts, s)
	near(t, "gradient of brightness", dx, numericGrad(func(x []float64) []float64 { return brightness(x, amounts, s) }, wide(x), dy))
}
