package initializer

import (
	"math"

	"cnntrain/internal/random"
)

// A varianceScaling initializer draws values with mean 0 and variance scale / fan, where
// the fan is the fan-in or the mean of fan-in and fan-out.
type varianceScaling struct {
	scale  float64
	mean   bool // use the mean of fan-in and fan-out
	normal bool // truncated normal distribution; otherwise uniform
}

func (s varianceScaling) Fill(w []float32, shape []int, r random.Stream) {
	in, out := fans(shape)
	fan := float64(in)
	if s.mean {
		fan = float64(in+out) / 2
	}
	if deviation := math.Sqrt(s.scale / fan); s.normal {
		fillTruncatedNormal(w, deviation/truncatedDeviation, r)
	} else {
		limit := math.Sqrt(3) * deviation
		fillUniform(w, -limit, limit, r)
	}
}

// truncatedDeviation is the standard deviation of the standard normal distribution
// truncated at -2 and 2, as in Keras.
const truncatedDeviation = 0.87962566103423978

// fillTruncatedNormal draws from the normal distribution with mean 0 truncated at two
// standard deviations, by inverse transform sampling: one random number per value.
func fillTruncatedNormal(w []float32, deviation float64, r random.Stream) {
	limit := math.Erf(math.Sqrt2) // the probability within two standard deviations
	for i := range w {
		u := (float64(2*r.Float64(uint64(i))) - 1) * limit
		w[i] = float32(math.Sqrt2 * math.Erfinv(u) * deviation)
	}
}

func fillUniform(w []float32, low, high float64, r random.Stream) {
	low, high = float64(low), float64(high) // products, which are rounded before high-low
	for i := range w {
		w[i] = float32(low + float64((high-low)*r.Float64(uint64(i))))
	}
}
