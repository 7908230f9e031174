package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
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
	{"Tanh", math.Tanh, func(x float64) float64 { return 1 - math.Tanh(x)*math.Tanh(x) }, Tanh, throughOutput(Tanh, TanhGrad)},
	{"Softplus", softplus, sigmoid, Softplus, SoftplusGrad},
	{"Mish", func(x float64) float64 { return x * math.Tanh(softplus(x)) }, func(x float64) float64 {
		t := math.Tanh(softplus(x))
		return t + x*(1-t*t)*sigmoid(x)
	}, Mish, MishGrad},
	{"ELU", func(x float64) float64 { return max(x, 0) + 0.7*math.Expm1(min(x, 0)) }, func(x float64) float64 {
		if x > 0 {
			return 1
		}
		return 0.7 * math.Exp(x)
	}, func(y, x []float32) { ELU(y, x, 0.7) }, func(dx, x, dy []float32) { ELUGrad(dx, x, dy, 0.7) }},
	{"SELU", func(x float64) float64 { return seluScale * (max(x, 0) + seluAlpha*math.Expm1(min(x, 0))) }, func(x float64) float64 {
		if x > 0 {
			return seluScale
		}
		return seluScale * seluAlpha * math.Exp(x)
	}, SELU, SELUGrad},
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
			{"tanh", func() { Tanh(y, x) }, []float32{1, -1, nan, 1, -1, 0}},
			{"softplus", func() { Softplus(y, x) }, []float32{inf, 0, nan, large, 0, math.Ln2}},
			{"mish", func() { Mish(y, x) }, []float32{inf, nan, nan, large, 0, 0}},
			{"elu", func() { ELU(y, x, 2) }, []float32{inf, -2, nan, large, -2, 0}},
			{"its gradient", func() { ELUGrad(y, x, one, 2) }, []float32{1, 0, nan, 1, 0, 2}},
			{"hard sigmoid", func() { HardSigmoid(y, x) }, []float32{1, 0, nan, 1, 0, 0.5}},
			{"hard silu", func() { HardSiLU(y, x) }, []float32{inf, nan, nan, large, 0, 0}},
			{"its gradient", func() { HardSiLUGrad(y, x, one) }, []float32{1, 0, nan, 1, 0, 0.5}},
		} {
			c.run()
			sameBits(t, c.name, y, c.want)
		}
	})
}

// Near 0, functions that go through it keep their digits.
func TestActivationsOfSmallNumbers(t *testing.T) {
	rng := newRand()
	var x []float32
	for i := range 4000 {
		x = append(x, float32(math.Ldexp(rng.NormFloat64(), -i%100)))
	}
	eachCPU(t, func(t *testing.T) {
		y := make([]float32, len(x))
		for _, a := range fastActivations {
			if a.name != "Tanh" && !strings.HasSuffix(a.name, "ELU") || a.name == "GELU" {
				continue
			}
			a.y(y, x)
			for i, v := range x {
				if want := a.f(float64(v)); math.Abs(float64(y[i])-want) > 4*math.Abs(want)/(1<<24) {
					t.Fatalf("%s(%v) is %v, want %v", a.name, v, y[i], want)
				}
			}
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

func BenchmarkActivations(b *testing.B) {
	withThreads(b, 1)
	rng := newRand()
	x := randoms(rng, 100_000)
	y, dy := make([]float32, len(x)), randoms(rng, len(x))
	for _, a := range fastActivations {
		for _, cpu := range cpus() {
			b.Run(a.name+"/"+cpu, func(b *testing.B) {
				withCPU(b, cpu)
				b.SetBytes(int64(4 * len(x)))
				for b.Loop() {
					a.y(y, x)
				}
			})
			b.Run(a.name+"Grad/"+cpu, func(b *testing.B) {
				withCPU(b, cpu)
				for b.Loop() {
					a.dx(y, x, dy)
				}
			})
		}
	}
}
