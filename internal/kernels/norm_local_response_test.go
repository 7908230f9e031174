package kernels

import (
	"fmt"
	"math"
	"testing"
)

func TestLocalResponseNormIsTheDefinition(t *testing.T) {
	rng := newRand()
	for _, s := range []LocalResponseNorm{
		{N: 3, C: 96, Radius: 2, Bias: 2, Alpha: 1e-4, Beta: 0.75}, // AlexNet
		{N: 300, C: 17, Radius: 5, Bias: 1, Alpha: 1, Beta: 0.5},   // TensorFlow's defaults
		{N: 2, C: 3, Radius: 7, Bias: 1, Alpha: 0.5, Beta: 0.6},    // windows wider than rows
		{N: 5, C: 1, Radius: 0, Bias: 1.5, Alpha: 2, Beta: 0.75},
		{N: 2, C: 2500, Radius: 1, Bias: 1, Alpha: 1, Beta: 1}, // rows longer than a block
		{N: 0, C: 8, Radius: 1, Bias: 1, Alpha: 1, Beta: 0.5},
	} {
		x, dy := randoms(rng, s.N*s.C), randoms(rng, s.N*s.C)
		y, dx := make([]float64, len(x)), make([]float64, len(x))
		for n := range s.N {
			for c := range s.C {
				scale := func(c int) float64 {
					sum := 0.0
					for k := max(0, c-s.Radius); k < min(s.C, c+s.Radius+1); k++ {
						sum += math.Pow(float64(x[n*s.C+k]), 2)
					}
					return s.Bias + s.Alpha*sum
				}
				i := n*s.C + c
				y[i] = float64(x[i]) * math.Pow(scale(c), -s.Beta)
				dx[i] = float64(dy[i]) * math.Pow(scale(c), -s.Beta)
				for k := max(0, c-s.Radius); k < min(s.C, c+s.Radius+1); k++ {
					j := n*s.C + k
					dx[i] -= 2 * s.Alpha * s.Beta * float64(x[i]) * float64(dy[j]) * float64(x[j]) * math.Pow(scale(k), -s.Beta-1)
				}
			}
		}
		var first [][]float32
		for _, cpu := range cpus() {
			withCPU(t, cpu)
			got := fences(t, make([]float32, len(x)), make([]float32, len(x)))
			s.Apply(got[0], x)
			s.Grad(got[1], x, dy)
			what := fmt.Sprintf("%+v under %s", s, cpu)
			nearWithin(t, what, 1e-6, got[0], y)
			nearWithin(t, what+", gradient", 2e-6, got[1], dx)
			if first == nil {
				first = got
			}
			for i := range got {
				sameBits(t, what, got[i], first[i])
			}
		}
	}
}
