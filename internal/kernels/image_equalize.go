package kernels

import "math"

// MaxBins is the largest number of bins of [Equalize].
const MaxBins = 4096

// Equalize spreads the values of each channel of an image of x, so that those up to v are about
// as large a part of the pixels as v-s.Low is of s.High-s.Low. The values are counted in
// amounts[n] bins. A channel whose values are all in one bin is unchanged. As Keras does, values
// become multiples of a 255th of the range.
func Equalize(out, x, amounts []float32, s Colors) { equalize.run("Equalize", out, x, amounts, s) }

// EqualizeGrad computes the gradient of [Equalize] for x: zero where values are spread, because
// small changes have no effect.
func EqualizeGrad(dx, x, dy, amounts []float32, s Colors) {
	equalize.runGrad("EqualizeGrad", dx, x, dy, amounts, s)
}

var equalize = colorFunc{
	func(s *Colors, out, x, amounts []float32) {
		bins := int(amounts[0])
		var counts [MaxBins]int
		for c := range s.C {
			least, spread := s.countValues(counts[:bins], x, c)
			for i := c; i < len(x); i += s.C {
				v := s.to255(x[i])
				if spread > 0 && v == v { // NaN stays
					// v/255*(bins-1), not v*(bins-1)/255 as in countValues: Keras rounds so
					at := int(max(0, min(float32(v/255)*float32(bins-1), float32(bins-1))))
					v = float32(max(0, math.RoundToEven(float64((counts[at]-least)*255)/float64(spread))))
				}
				out[i] = float32(v*((s.High-s.Low)/255)) + s.Low
			}
		}
	},
	func(s *Colors, dx, x, dy, amounts []float32) {
		var counts [MaxBins]int
		for c := range s.C {
			_, spread := s.countValues(counts[:int(amounts[0])], x, c)
			for i := c; i < len(x); i += s.C {
				if dx[i] = dy[i]; spread > 0 {
					dx[i] = 0
				}
			}
		}
	},
}

// countValues sets counts to the number of values of channel c in each bin and those before, without
// NaN. It returns that of the first bin with any, and how many values are in the other bins.
func (s *Colors) countValues(counts []int, x []float32, c int) (least, spread int) {
	clear(counts)
	last := len(counts) - 1
	for i := c; i < len(x); i += s.C {
		if at := float32(s.to255(x[i])*float32(last)) / 255; at == at {
			counts[int(max(0, min(at, float32(last))))]++
		}
	}
	total := 0
	for i, n := range counts {
		if least == 0 {
			least = n
		}
		total += n
		counts[i] = total
	}
	return least, total - least
}

// to255 converts v from the range of the images to a scale of 255.
func (s *Colors) to255(v float32) float32 {
	scale := 255 / (s.High - s.Low)
	return float32(v*scale) + float32(-s.Low*scale)
}
