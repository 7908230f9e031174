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

// optimizes compares five steps of random gradients with a definition for one weight, whose
// state is a and b.
func optimizes(t *testing.T, start float64, run func(step float64, w, g, a, b []float32), define func(step float64, w, g, a, b *float64)) {
	t.Helper()
	rng := newRand()
	const n = 101
	w, a, b := randoms(rng, n), make([]float32, n), make([]float32, n)
	for i := range a {
		a[i] = float32(start)
	}
	want, a64, b64 := wide(w), wide(a), wide(b)
	for step := 1.0; step <= 5; step++ {
		g := randoms(rng, n)
		run(step, w, g, a, b)
		for i, g := range wide(g) {
			define(step, &want[i], &g, &a64[i], &b64[i])
		}
		near(t, "w", w, want)
	}
}

func TestNadamIsItsDefinition(t *testing.T) {
	const momentum, gradient, root, epsilon = 0.02, 0.01, 1.3, 1e-3
	optimizes(t, 0, func(_ float64, w, g, m, v []float32) { Nadam(w, g, m, v, 0.9, 0.99, momentum, gradient, root, epsilon) },
		func(_ float64, w, g, m, v *float64) {
			*m = 0.9**m + 0.1**g
			*v = 0.99**v + 0.01**g**g
			*w -= (*m*momentum + *g*gradient) / (math.Sqrt(*v)*root + epsilon)
		})
}

func TestLambDirectionIsItsDefinition(t *testing.T) {
	const scale, root, epsilon = 1.2, 1.3, 1e-3
	optimizes(t, 0, func(_ float64, w, g, m, v []float32) {
		copy(w, g)
		LambDirection(w, m, v, 0.9, 0.99, scale, root, epsilon)
	}, func(_ float64, w, g, m, v *float64) {
		*m = 0.9**m + 0.1**g
		*v = 0.99**v + 0.01**g**g
		*w = *m * scale / (math.Sqrt(*v)*root + epsilon)
	})
}

func TestAdafactorIsItsDefinition(t *testing.T) {
	optimizes(t, 0, func(_ float64, w, g, v, _ []float32) {
		AdafactorSquares(v, g, 0.9, 1e-3)
		copy(w, g)
		AdafactorDirection(w, v)
	}, func(_ float64, w, g, v, _ *float64) {
		*v = 0.9**v + 0.1*(*g**g+1e-3)
		*w = *g / math.Sqrt(*v)
	})
}

// Two matrices of 3x5, in pieces that end within rows.
func TestFactoredSumsAndMultipliesRowsAndColumns(t *testing.T) {
	const matrices, rows, columns = 2, 3, 5
	x, rng := make([]float32, matrices*rows*columns), newRand()
	for i := range x {
		x[i] = float32(rng.IntN(9))
	}
	var wantRows, gotRows [matrices * rows]float64
	var wantColumns, gotColumns [matrices * columns]float64
	for i, v := range x {
		wantRows[i/columns] += float64(v)
		wantColumns[i/(rows*columns)*columns+i%columns] += float64(v)
	}
	ends := []int{0, 3, 4, 11, 27, 30}
	for i, to := range ends[1:] {
		Factored{rows, columns, ends[i]}.Sum(gotRows[:], gotColumns[:], x[ends[i]:to])
	}
	if gotRows != wantRows || gotColumns != wantColumns {
		t.Errorf("sums %v and %v, want %v and %v", gotRows, gotColumns, wantRows, wantColumns)
	}
	for i, to := range ends[1:] {
		Factored{rows, columns, ends[i]}.Multiply(x[ends[i]:to], gotRows[:], gotColumns[:])
	}
	for i, v := range x {
		if want := float32(wantRows[i/columns] * wantColumns[i/(rows*columns)*columns+i%columns]); v != want {
			t.Errorf("value %d is %g, want %g", i, v, want)
		}
	}
}

func TestAdamaxIsItsDefinition(t *testing.T) {
	optimizes(t, 0, func(_ float64, w, g, m, u []float32) { Adamax(w, g, m, u, 0.01, 0.9, 0.99, 1e-3) },
		func(_ float64, w, g, m, u *float64) {
			*m = 0.9**m + 0.1**g
			*u = math.Max(0.99**u, math.Abs(*g))
			*w -= 0.01 * *m / (*u + 1e-3)
		})
}

func TestAdadeltaIsItsDefinition(t *testing.T) {
	optimizes(t, 0, func(_ float64, w, g, a, s []float32) { Adadelta(w, g, a, s, 0.5, 0.9, 1e-3) },
		func(_ float64, w, g, a, s *float64) {
			*a = 0.9**a + 0.1**g**g
			d := *g * math.Sqrt(*s+1e-3) / math.Sqrt(*a+1e-3)
			*s = 0.9**s + 0.1*d*d
			*w -= 0.5 * d
		})
}

func TestLionIsItsDefinition(t *testing.T) {
	optimizes(t, 0, func(_ float64, w, g, m, _ []float32) { Lion(w, g, m, 0.01, 0.9, 0.99) },
		func(_ float64, w, g, m, _ *float64) {
			if step := 0.9**m + 0.1**g; step > 0 {
				*w -= 0.01
			} else if step < 0 {
				*w += 0.01
			}
			*m = 0.99**m + 0.01**g
		})
	w := []float32{1}
	if Lion(w, []float32{0}, []float32{0}, 0.1, 0.9, 0.99); w[0] != 1 {
		t.Errorf("a direction of 0: the weight is %g", w[0])
	}
}

func TestFTRLIsItsDefinition(t *testing.T) {
	for _, power := range []float64{-0.5, -0.7, 0} {
		const lr, l1, l2, shrinkage = 0.1, 0.02, 0.03, 0.01
		optimizes(t, 0.1, func(_ float64, w, g, sum, linear []float32) { FTRL(w, g, sum, linear, lr, power, l1, l2, shrinkage) },
			func(_ float64, w, g, sum, linear *float64) {
				now := *sum + *g**g
				*linear += *g + 2*shrinkage**w - (math.Pow(now, -power)-math.Pow(*sum, -power))/lr**w
				*sum = now
				*w = (math.Max(-l1, math.Min(l1, *linear)) - *linear) / (math.Pow(now, -power)/lr + 2*l2)
			})
	}
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
