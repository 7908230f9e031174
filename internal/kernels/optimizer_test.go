package kernels

import (
	"math"
	"testing"
)

func TestAdamIsItsDefinition(t *testing.T) {
	eachCPU(t, func(t *testing.T) {
		rng := newRand()
		const n = 1000
		w, m, v := randoms(rng, n), make([]float32, n), make([]float32, n)
		want, m64, v64 := wide(w), make([]float64, n), make([]float64, n)
		const lr, beta1, beta2, epsilon = 0.001, 0.9, 0.999, 1e-7
		for step := 1.0; step <= 5; step++ {
			g := randoms(rng, n)
			alpha := lr * math.Sqrt(1-math.Pow(beta2, step)) / (1 - math.Pow(beta1, step))
			Adam(w, g, m, v, alpha, beta1, beta2, epsilon)
			for i, g := range wide(g) {
				m64[i] = beta1*m64[i] + (1-beta1)*g
				v64[i] = beta2*v64[i] + (1-beta2)*g*g
				want[i] -= alpha * m64[i] / (math.Sqrt(v64[i]) + epsilon)
			}
			near(t, "w", w, want)
		}
	})
}

func TestSGDIsItsDefinition(t *testing.T) {
	eachCPU(t, func(t *testing.T) {
		const n, lr = 100, 0.1
		for _, c := range []struct {
			name     string
			momentum float64
			nesterov bool
		}{{"plain", 0, false}, {"momentum", 0.9, false}, {"nesterov", 0.9, true}} {
			t.Run(c.name, func(t *testing.T) {
				rng := newRand()
				w, velocity := randoms(rng, n), []float32(nil)
				if c.momentum != 0 {
					velocity = make([]float32, n)
				}
				want, v64 := wide(w), make([]float64, n)
				for range 5 {
					g := randoms(rng, n)
					SGD(w, g, velocity, lr, float32(c.momentum), c.nesterov)
					for i, g := range wide(g) {
						v64[i] = c.momentum*v64[i] - lr*g
						if c.nesterov {
							want[i] += c.momentum*v64[i] - lr*g
						} else {
							want[i] += v64[i]
						}
					}
					near(t, "w", w, want)
				}
			})
		}
	})
}

func TestAdagradIsItsDefinition(t *testing.T) {
	eachCPU(t, func(t *testing.T) {
		rng := newRand()
		const n, lr, epsilon = 100, 0.1, 1e-7
		w, sum := randoms(rng, n), make([]float32, n)
		want, sum64 := wide(w), make([]float64, n)
		for range 5 {
			g := randoms(rng, n)
			Adagrad(w, g, sum, lr, epsilon)
			for i, g := range wide(g) {
				sum64[i] += g * g
				want[i] -= lr * g / math.Sqrt(sum64[i]+epsilon)
			}
			near(t, "w", w, want)
		}
	})
}

func TestRMSpropIsItsDefinition(t *testing.T) {
	eachCPU(t, func(t *testing.T) {
		const n, lr, rho, epsilon = 100, 0.1, 0.9, 1e-3
		for _, c := range []struct {
			name     string
			momentum float64
			centered bool
		}{{"plain", 0, false}, {"momentum", 0.5, false}, {"centered", 0, true}, {"both", 0.5, true}} {
			t.Run(c.name, func(t *testing.T) {
				rng := newRand()
				w, velocity := randoms(rng, n), make([]float32, n)
				var average, momenta []float32
				if c.centered {
					average = make([]float32, n)
				}
				if c.momentum > 0 {
					momenta = make([]float32, n)
				}
				want, v64, a64, m64 := wide(w), make([]float64, n), make([]float64, n), make([]float64, n)
				for range 5 {
					g := randoms(rng, n)
					RMSprop(w, g, velocity, average, momenta, lr, rho, c.momentum, epsilon)
					for i, g := range wide(g) {
						v64[i] = rho*v64[i] + (1-rho)*g*g
						if c.centered {
							a64[i] = rho*a64[i] + (1-rho)*g
						}
						m64[i] = c.momentum*m64[i] + lr*g/math.Sqrt(v64[i]-a64[i]*a64[i]+epsilon)
						want[i] -= m64[i]
					}
					near(t, "w", w, want)
				}
			})
		}
	})
}

func TestClipping(t *testing.T) {
	x := randoms(newRand(), 2*grain+3)
	sum := 0.0
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	if got := SumSquares(x); math.Abs(got-sum) > 1e-6*sum {
		t.Errorf("sum of squares %g, want %g", got, sum)
	}
	v := []float32{-3, -1, 0.5, 2, float32(math.NaN())}
	Clip(v, v, -1, 1)
	sameBits(t, "clipped", v, []float32{-1, -1, 0.5, 1, float32(math.NaN())})
}
