package initializer

import (
	"math"

	"cnntrain/internal/catalog"
	"cnntrain/internal/random"
)

var _ = Initializers.Add(catalog.Entry[Initializer]{
	Name:    "variance_scaling",
	Keras:   "VarianceScaling",
	Example: "variance_scaling: {scale: 1/3, mode: fan_in, distribution: uniform}",
	Doc: `Mean 0 and variance scale / fan, where the fan is the number of inputs of a unit, of its outputs, or the mean of both.

The example is PyTorch's default for convolutions and dense layers.`,
	New: func(o *catalog.Options) Initializer {
		s := &scaling{scale: 1, mode: "fan_in", distribution: "truncated_normal"}
		o.Bind(&s.scale, "scale", "variance times fan").Above(0)
		o.Bind(&s.mode, "mode", "the fan").OneOf("fan_in", "fan_out", "fan_avg")
		o.Bind(&s.distribution, "distribution", "truncated_normal is cut at two standard deviations").OneOf("truncated_normal", "untruncated_normal", "uniform")
		return s
	},
})

type scaling struct {
	scale              float64
	mode, distribution string
}

func (s *scaling) Fill(w []float32, shape []int, r random.Stream) {
	v := varianceScaling{scale: s.scale, mean: s.mode == "fan_avg", normal: s.distribution == "truncated_normal"}
	if s.mode == "fan_out" {
		in, out := fans(shape)
		v.scale = s.scale * float64(in) / float64(out)
	}
	if s.distribution != "untruncated_normal" {
		v.Fill(w, shape, r)
		return
	}
	deviation := v.deviation(shape)
	for i := range w {
		w[i] = float32(deviation * r.Normal(uint64(i)))
	}
}

// A varianceScaling initializer draws values with mean 0 and variance scale / fan, where
// the fan is the fan-in or the mean of fan-in and fan-out.
type varianceScaling struct {
	scale  float64
	mean   bool // use the mean of fan-in and fan-out
	normal bool // truncated normal distribution; otherwise uniform
}

func (s varianceScaling) deviation(shape []int) float64 {
	in, out := fans(shape)
	fan := float64(in)
	if s.mean {
		fan = float64(in+out) / 2
	}
	return math.Sqrt(s.scale / fan)
}

func (s varianceScaling) Fill(w []float32, shape []int, r random.Stream) {
	if deviation := s.deviation(shape); s.normal {
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
