package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// A fastActivation is a function that plain Go computes in float64 and assembly in float32.
type fastActivation struct {
	name  string
	f, df func(x float64) float64
	// y and dx compute function and gradient from x and the gradient for y.
	y  func(y, x []float32)
	dx func(dx, x, dy []float32)
}

// throughOutput is the gradient of a function, computed from its output.
func throughOutput(y func(y, x []float32), grad func(dx, y, dy []float32)) func(dx, x, dy []float32) {
	return func(dx, x, dy []float32) {
		y(dx, x)
		grad(dx, dx, dy)
	}
}

var fastActivations = []fastActivation{
	{"Sigmoid", sigmoid, func(x float64) float64 { return sigmoid(x) * sigmoid(-x) }, Sigmoid, throughOutput(Sigmoid, SigmoidGrad)},
	{"SiLU", func(x float64) float64 { return x * sigmoid(x) },
		func(x float64) float64 { return sigmoid(x) * (1 + x*sigmoid(-x)) }, SiLU, SiLUGrad},
	{"GELU", func(x float64) float64 { return x * normalBelow(x) },
		func(x float64) float64 { return normalBelow(x) + x*math.Exp(-x*x/2)/math.Sqrt(2*math.Pi) }, GELU, GELUGrad},
	{"HardSigmoid", hardSigmoid, func(x float64) float64 {
		if math.Abs(x) < 3 {
			return 1. / 6
		}
		return 0
	}, HardSigmoid, throughOutput(HardSigmoid, HardSigmoidGrad)},
	{"HardSiLU", func(x float64) float64 { return x * hardSigmoid(x) }, func(x float64) float64 {
		if math.Abs(x) < 3 {
			return (2*x + 3) / 6
		}
		return hardSigmoid(x)
	}, HardSiLU, HardSiLUGrad},
}

// activationError returns the largest error of results, in units of 2⁻²⁴ of max(1, |x|).
func activationError(got, x []float32, want func(x float64) float64, dy []float32) (worst float64, at float32) {
	for i, v := range x {
		factor := 1.0
		if dy != nil {
			factor = float64(dy[i])
		}
		err := math.Abs(float64(got[i])-factor*want(float64(v))) / max(1, math.Abs(factor)) / max(1, math.Abs(float64(v))) * (1 << 24)
		if err > worst || err != err {
			worst, at = err, v
		}
	}
	return worst, at
}

func checkActivations(t *testing.T, x, dy []float32) {
	t.Helper()
	y, dx := make([]float32, len(x)), make([]float32, len(x))
	for _, a := range fastActivations {
		a.y(y, x)
		if worst, at := activationError(y, x, a.f, nil); !(worst < 4) {
			t.Errorf("%s(%v): error %v·2⁻²⁴", a.name, at, worst)
		}
		a.dx(dx, x, dy)
		if worst, at := activationError(dx, x, a.df, dy); !(worst < 6) {
			t.Errorf("gradient of %s(%v): error %v·2⁻²⁴", a.name, at, worst)
		}
	}
}

func TestActivationsAreTheirDefinitions(t *testing.T) {
	rng := newRand()
	var x []float32
	for v := -130.; v < 130; v += 0.0003 {
		if v == math.Trunc(v) {
			v += 0.0001 // HardSigmoid has no derivative at 3
		}
		x = append(x, float32(v))
	}
	if raced || testing.Short() {
		x = x[400_000:440_000]
	}
	for i := range 1000 {
		x = append(x, float32(math.Ldexp(rng.NormFloat64(), -i%140)))
	}
	dy := randoms(rng, len(x))
	eachCPU(t, func(t *testing.T) { checkActivations(t, x, dy) })
}

func TestActivationsOfTheLargestNumbers(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	x, one := []float32{inf, -inf, nan, math.MaxFloat32, -math.MaxFloat32, 0}, []float32{1, 1, 1, 1, 1, 1}
	large := float32(math.MaxFloat32)
	eachCPU(t, func(t *testing.T) {
		y := make([]float32, len(x))
		for _, c := range []struct {
			name string
			run  func()
			want []float32
		}{
			{"sigmoid", func() { Sigmoid(y, x) }, []float32{1, 0, nan, 1, 0, 0.5}},
			{"silu", func() { SiLU(y, x) }, []float32{inf, nan, nan, large, 0, 0}},
			{"gelu", func() { GELU(y, x) }, []float32{inf, nan, nan, large, 0, 0}},
			{"hard sigmoid", func() { HardSigmoid(y, x) }, []float32{1, 0, nan, 1, 0, 0.5}},
			{"hard silu", func() { HardSiLU(y, x) }, []float32{inf, nan, nan, large, 0, 0}},
			{"its gradient", func() { HardSiLUGrad(y, x, one) }, []float32{1, 0, nan, 1, 0, 0.5}},
		} {
			c.run()
			sameBits(t, c.name, y, c.want)
		}
	})
}

func FuzzActivations(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) {
		rng := rand.New(rand.NewPCG(seed, 0))
		n := rng.IntN(100)
		x, dy := fence(t, n), randoms(rng, n)
		for i := range x {
			x[i] = float32(math.Ldexp(rng.NormFloat64(), rng.IntN(30)-20))
			if r := math.Abs(float64(x[i])); r > 2.99 && r < 3.01 {
				x[i] = 0 // HardSigmoid has no derivative at 3
			}
		}
		eachCPU(t, func(t *testing.T) { checkActivations(t, x, dy) })
		for _, a := range fastActivations {
			for _, cpu := range cpus()[1:] {
				withCPU(t, cpu)
				got, want := fences(t, x, x), fences(t, x, x)
				a.y(got[0], x)
				a.dx(got[1], x, dy)
				for i := range x { // each value alone
					a.y(want[0][i:i+1], x[i:i+1])
					a.dx(want[1][i:i+1], x[i:i+1], dy[i:i+1])
				}
				sameBits(t, fmt.Sprintf("%s under %s", a.name, cpu), got[0], want[0])
				sameBits(t, fmt.Sprintf("gradient of %s under %s", a.name, cpu), got[1], want[1])
			}
		}
	})
}
