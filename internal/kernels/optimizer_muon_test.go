package kernels

import (
	"math"
	"testing"
)

// define is Apply in float64.
func (s NewtonSchulz) define(g []float64, rows, columns int) []float64 {
	norm := 0.0
	for _, v := range g {
		norm += v * v
	}
	x := make([]float64, len(g))
	for i, v := range g {
		x[i] = v / (math.Sqrt(norm) + 1e-7)
	}
	times := func(a, b []float64, n, k, m int) []float64 { // [n,k]·[k,m]
		c := make([]float64, n*m)
		for i := range n {
			for l := range k {
				for j := range m {
					c[i*m+j] += a[i*k+l] * b[l*m+j]
				}
			}
		}
		return c
	}
	for range s.Steps {
		turned := make([]float64, len(x))
		for i, v := range x {
			turned[i%columns*rows+i/columns] = v
		}
		a := times(x, turned, rows, columns, rows)
		ax := times(a, x, rows, rows, columns)
		aax := times(a, ax, rows, rows, columns)
		for i := range x {
			x[i] = s.A*x[i] + s.B*ax[i] + s.C*aax[i]
		}
	}
	return x
}

func TestNewtonSchulzIsItsDefinition(t *testing.T) {
	eachCPU(t, func(t *testing.T) {
		rng := newRand()
		for _, size := range [][2]int{{1, 1}, {3, 5}, {40, 17}, {17, 40}, {216, 64}, {1, 30}, {30, 1}} {
			s := NewtonSchulz{3.4445, -4.7750, 2.0315, 5}
			g := randoms(rng, size[0]*size[1])
			want := s.define(wide(g), size[0], size[1])
			s.Apply(g, size[0], size[1])
			nearWithin(t, "result", 1e-4, g, want)
		}
		zero := make([]float32, 6)
		NewtonSchulz{3.4445, -4.7750, 2.0315, 5}.Apply(zero, 2, 3)
		near(t, "of zeros", zero, make([]float64, 6))
	})
}

// All singular values of the result are near 1: ‖Xv‖ of unit vectors v is.
func TestNewtonSchulzMakesOrthogonal(t *testing.T) {
	rng := newRand()
	g := randoms(rng, 100*20)
	NewtonSchulz{3.4445, -4.7750, 2.0315, 5}.Apply(g, 100, 20)
	for range 20 {
		v, norm, length := randoms(rng, 20), 0.0, 0.0
		for _, c := range v {
			norm += float64(c) * float64(c)
		}
		for row := range 100 {
			sum := 0.0
			for i, c := range v {
				sum += float64(c) * float64(g[row*20+i])
			}
			length += sum * sum
		}
		if r := math.Sqrt(length / norm); r < 0.6 || r > 1.3 {
			t.Errorf("a unit vector becomes %v long", r)
		}
	}
}
