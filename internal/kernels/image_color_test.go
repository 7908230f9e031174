package kernels

import (
	"math"
	"slices"
	"testing"
)

// colors is a kernel with its gradient and definition.
type colorKernel struct {
	name    string
	run     func(out, x, amounts []float32, s Colors)
	grad    func(dx, x, dy, amounts []float32, s Colors)
	amounts []float32
	define  func(x []float64, n int) []float64 // of image n
}

const testWidth, testPixels = 5, 20

// fromHSV converts a pixel by Wikipedia's formula, which is not the one of the kernels.
func fromHSV(h, s, v float64) [3]float64 {
	var p [3]float64
	for c, n := range []float64{5, 3, 1} {
		k := math.Mod(n+6*h, 6)
		p[c] = v - v*s*max(0, min(k, 4-k, 1))
	}
	return p
}

func toHSV(r, g, b float64) (h, s, v float64) {
	v = max(r, g, b)
	c := v - min(r, g, b)
	switch v {
	case r:
		h = (g - b) / c
	case g:
		h = 2 + (b-r)/c
	default:
		h = 4 + (r-g)/c
	}
	return math.Mod(h/6+1, 1), c / v, v
}

func TestColorsAreTheirDefinition(t *testing.T) {
	rng := newRand()
	eachPixel := func(f func(r, g, b float64, n int) [3]float64) func([]float64, int) []float64 {
		return func(x []float64, n int) (out []float64) {
			for i := 0; i < len(x); i += 3 {
				p := f(x[i], x[i+1], x[i+2], n)
				out = append(out, p[:]...)
			}
			return out
		}
	}
	turn, factor := []float32{0.3, -0.45}, []float32{0.4, 3}
	s := Colors{N: 2, Pixels: testPixels, C: 3, Low: 0, High: 1, Width: testWidth}
	for _, k := range []colorKernel{
		{"gray", Grayscale, GrayscaleGrad, []float32{0, 1}, eachPixel(func(r, g, b float64, n int) [3]float64 {
			if y := 0.2989*r + 0.587*g + 0.114*b; n == 1 {
				return [3]float64{y, y, y}
			}
			return [3]float64{r, g, b}
		})},
		{"degenerate", Degenerate, DegenerateGrad, []float32{0.3, 1}, eachPixel(func(r, g, b float64, n int) [3]float64 {
			y, f := 0.2989*r+0.587*g+0.114*b, []float64{0.3, 1}[n]
			return [3]float64{r + f*(y-r), g + f*(y-g), b + f*(y-b)}
		})},
		{"hue", Hue, HueGrad, turn, eachPixel(func(r, g, b float64, n int) [3]float64 {
			h, s, v := toHSV(r, g, b)
			return fromHSV(math.Mod(h+float64(turn[n])+1, 1), s, v)
		})},
		{"saturation", Saturation, SaturationGrad, factor, eachPixel(func(r, g, b float64, n int) [3]float64 {
			h, s, v := toHSV(r, g, b)
			return fromHSV(h, min(1, s*float64(factor[n])), v)
		})},
		{"sharpness", Sharpness, SharpnessGrad, []float32{0.5, 1.6}, func(x []float64, n int) []float64 {
			out := make([]float64, len(x))
			for i := range x {
				y, column, c := i/3/testWidth, i/3%testWidth, i%3
				sum := 4 * x[i]
				for v := y - 1; v <= y+1; v++ {
					for u := column - 1; u <= column+1; u++ {
						if v >= 0 && v < testPixels/testWidth && u >= 0 && u < testWidth {
							sum += x[(v*testWidth+u)*3+c]
						}
					}
				}
				f := []float64{0.5, 1.6}[n]
				out[i] = max(0, min(1, f*x[i]+(1-f)*sum/13))
			}
			return out
		}},
		{"auto contrast", AutoContrast, AutoContrastGrad, []float32{0, 0}, func(x []float64, _ int) []float64 {
			out := make([]float64, len(x))
			for c := range 3 {
				low, high := math.Inf(1), math.Inf(-1)
				for i := c; i < len(x); i += 3 {
					low, high = min(low, x[i]), max(high, x[i])
				}
				for i := c; i < len(x); i += 3 {
					out[i] = (x[i] - low) / (high - low)
				}
			}
			return out
		}},
	} {
		size := 3 * testPixels
		x, dy := make([]float32, 2*size), randoms(rng, 2*size)
		for i := range x {
			x[i] = 0.1 + 0.8*rng.Float32()
		}
		define := func(x []float64) []float64 { return append(k.define(x[:size], 0), k.define(x[size:], 1)...) }
		out, dx := make([]float32, 2*size), make([]float32, 2*size)
		k.run(out, x, k.amounts, s)
		near(t, k.name, out, define(wide(x)))
		k.grad(dx, x, dy, k.amounts, s)
		nearWithin(t, k.name+" gradient", 1e-4, dx, numericGrad(define, wide(x), dy))
	}
}

func TestSolarizeInvertsFromTheThresholdOn(t *testing.T) {
	x, dy := []float32{0, 0.2, 0.5, 0.9}, []float32{1, 2, 3, 4}
	s := Colors{N: 1, Pixels: 4, C: 1, High: 1, Amounts: 2}
	amounts := []float32{0.2 * 255, 0.5 * 255}
	out, dx := make([]float32, 4), make([]float32, 4)
	Solarize(out, x, amounts, s)
	near(t, "out", out, []float64{0.2, 0.4, 0.3, 0})
	SolarizeGrad(dx, x, dy, amounts, s)
	near(t, "dx", dx, []float64{1, 2, -3, 0})
}

func TestPosterizeKeepsTheHighBits(t *testing.T) {
	x, dy := []float32{0, 127.9, 128, 201, 255, 300, -4, 63}, make([]float32, 8)
	s := Colors{N: 2, Pixels: 4, C: 1, High: 255}
	out, dx := make([]float32, 8), []float32{1, 1, 1, 1, 1, 1, 1, 1}
	Posterize(out, x, []float32{1, 8}, s)
	if want := []float32{0, 0, 128, 128, 255, 255, 0, 63}; !slices.Equal(out, want) {
		t.Errorf("%v, want %v", out, want)
	}
	PosterizeGrad(dx, x, dy, []float32{1, 8}, s)
	if !slices.Equal(dx, make([]float32, 8)) {
		t.Errorf("gradient %v", dx)
	}
	Posterize(out[:4], []float32{-1, -0.5, 0.25, 1}, []float32{2}, Colors{N: 1, Pixels: 4, C: 1, Low: -1, High: 1})
	near(t, "from -1 to 1", out[:4], []float64{-1, -1, 128.0/255*2 - 1, 192.0/255*2 - 1})
}

func TestEqualizeSpreadsValuesByTheirRank(t *testing.T) {
	// Channel 0 has four values once each, channel 1 is constant.
	x, dy := []float32{10, 7, 30, 7, 20, 7, 11, 7}, []float32{1, 2, 3, 4, 5, 6, 7, 8}
	s := Colors{N: 1, Pixels: 4, C: 2, High: 255}
	out, dx := make([]float32, 8), make([]float32, 8)
	Equalize(out, x, []float32{256}, s)
	if want := []float32{0, 7, 255, 7, 170, 7, 85, 7}; !slices.Equal(out, want) {
		t.Errorf("%v, want %v", out, want)
	}
	EqualizeGrad(dx, x, dy, []float32{256}, s)
	if want := []float32{0, 2, 0, 4, 0, 6, 0, 8}; !slices.Equal(dx, want) {
		t.Errorf("gradient %v, want %v", dx, want)
	}
	Equalize(out, x, []float32{2}, s) // all values are in the first of two bins
	if !slices.Equal(out, x) {
		t.Errorf("%v with two bins, want %v", out, x)
	}
}

// A file of arrays may hold NaN, which must reach the loss, where it is reported: it had no bin in
// Equalize, which panicked, and was a number after Posterize.
func TestNaNOfAnImageStaysNaN(t *testing.T) {
	nan := float32(math.NaN())
	for name, c := range map[string]struct {
		f      func(out, x, amounts []float32, s Colors)
		amount float32
	}{"Equalize": {Equalize, 256}, "Posterize": {Posterize, 2}} {
		for _, high := range []float32{255, 1} {
			out := make([]float32, 4)
			c.f(out, []float32{0, nan, high, high / 2}, []float32{c.amount}, Colors{N: 1, Pixels: 4, C: 1, High: high})
			if out[1] == out[1] || out[0] != 0 || out[2] != out[2] || out[2] <= out[0] {
				t.Errorf("%s to %g: %v", name, high, out)
			}
		}
	}
}
