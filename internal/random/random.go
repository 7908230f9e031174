// Package random provides random numbers as functions of counters: a seed, an epoch, a
// position. They do not depend on the order in which they are drawn, nor on the goroutine,
// which makes runs reproducible to the bit.
package random

import "math"

// A Stream is a sequence of random numbers with access by index.
type Stream struct{ key uint64 }

// New returns the stream of the given keys. Streams of different keys are independent.
func New(keys ...uint64) Stream { return Stream{}.With(keys...) }

// With returns the stream with the keys of s followed by more.
func (s Stream) With(keys ...uint64) Stream {
	for _, k := range keys {
		s.key = mix(s.key + k + golden)
	}
	return s
}

const golden = 0x9E3779B97F4A7C15 // 2^64 over the golden ratio

// mix is the output function of SplitMix64 (Steele, Lea, Flood 2014).
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// Uint64 returns number i, uniform over all 64-bit values.
func (s Stream) Uint64(i uint64) uint64 { return mix(s.key + (i+1)*golden) }

// Float64 returns number i, uniform in [0, 1).
func (s Stream) Float64(i uint64) float64 { return float64(float64(s.Uint64(i)>>11) / (1 << 53)) }

// Normal returns number i, of the standard normal distribution (Box and Muller 1958).
func (s Stream) Normal(i uint64) float64 {
	u, v := s.Float64(2*i), s.Float64(2*i+1)
	return math.Sqrt(-2*math.Log(1-u)) * math.Cos(2*math.Pi*v)
}

// Perm returns a random permutation of 0 to n-1 (Fisher and Yates).
func (s Stream) Perm(n int) []int {
	p := make([]int, n)
	for i := range p {
		p[i] = i
	}
	for i := n - 1; i > 0; i-- {
		j := int(s.Uint64(uint64(i)) % uint64(i+1)) // bias below 2^-32 for the n used here
		p[i], p[j] = p[j], p[i]
	}
	return p
}
