package kernels

import "math"

// A Standardizer holds what Standardize needs of each channel.
type Standardizer struct{ mean, scale, offset []float32 }

// NewStandardizer returns a Standardizer of c channels; it computes
//
//	out = (x - mean) / max(√variance, 1e-7), or with invert
//	out = x·max(√variance, 1e-7) + mean
func NewStandardizer(c int) *Standardizer {
	return &Standardizer{make([]float32, c), make([]float32, c), make([]float32, c)}
}

// standardEpsilon is the minimum standard deviation, as in Keras.
const standardEpsilon = 1e-7

// Set sets mean and variance, each [C] or one value for all channels.
func (s *Standardizer) Set(mean, variance []float32, invert bool) {
	for c := range s.mean {
		m, v := mean[c%len(mean)], variance[c%len(variance)]
		deviation := max(float32(math.Sqrt(float64(v))), standardEpsilon)
		s.mean[c], s.scale[c], s.offset[c] = m, 1/deviation, 0
		if invert {
			s.mean[c], s.scale[c], s.offset[c] = 0, deviation, m
		}
	}
}

// Apply standardizes x [n,C]. It may work in place.
func (s *Standardizer) Apply(out, x []float32, n int) {
	need("Standardizer.Apply", "out", out, n, len(s.mean))
	need("Standardizer.Apply", "x", x, n, len(s.mean))
	standardizeLoop.run(blocks(n, rowsPerPart(len(s.mean))), standardizeArgs{s, out, x, n, false})
}

// Grad computes the gradient of [Standardizer.Apply] for x from that for its output: it
// scales. It may work in place.
func (s *Standardizer) Grad(dx, dy []float32, n int) {
	need("Standardizer.Grad", "dx", dx, n, len(s.mean))
	need("Standardizer.Grad", "dy", dy, n, len(s.mean))
	standardizeLoop.run(blocks(n, rowsPerPart(len(s.mean))), standardizeArgs{s, dx, dy, n, true})
}

type standardizeArgs struct {
	s      *Standardizer
	out, x []float32
	n      int
	grad   bool
}

var standardizeLoop = newLoop(func(a *standardizeArgs, part int) {
	s, c := a.s, len(a.s.mean)
	from, to := block(part, a.n, rowsPerPart(c))
	for i := from; i < to; i++ {
		out := a.out[i*c:][:c]
		for j, v := range a.x[i*c:][:c] {
			if a.grad {
				out[j] = v * s.scale[j]
			} else {
				out[j] = float32((v-s.mean[j])*s.scale[j]) + s.offset[j]
			}
		}
	}
})
