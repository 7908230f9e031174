package random

import "math"

// Beta returns number i of the beta distribution with both parameters alpha > 0.
func (s Stream) Beta(i uint64, alpha float64) float64 {
	s = s.With(i)
	// By X / (X + Y) of two gamma distributed numbers, from their logarithms, since those of a
	// small alpha underflow.
	return 1 / (1 + math.Exp(s.With(1).logGamma(alpha)-s.With(0).logGamma(alpha)))
}

// logGamma returns the logarithm of a number of the gamma distribution with shape alpha and scale
// 1 (Marsaglia and Tsang 2000, with their section 6 for alpha below 1).
func (s Stream) logGamma(alpha float64) float64 {
	d := alpha + 1 - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for i := uint64(0); ; i++ {
		x := s.Normal(2 * i) // of the uniform numbers 4i and 4i+1
		v := 1 + float64(c*x)
		if v <= 0 {
			continue
		}
		v = float64(float64(v*v) * v)
		logV := math.Log(v)
		if math.Log(1-s.Float64(4*i+2)) < float64(0.5*float64(x*x))+d-float64(d*v)+float64(d*logV) {
			return math.Log(d) + logV + math.Log(1-s.Float64(4*i+3))/alpha
		}
	}
}
