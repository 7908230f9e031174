package kernels

import (
	"math"
	"slices"
	"testing"
)

func TestReLUKeepsNaN(t *testing.T) {
	eachCPU(t, func(t *testing.T) {
		nan, inf := float32(math.NaN()), float32(math.Inf(1))
		x := []float32{-1, 0, 2, nan, inf, -inf}
		out := make([]float32, len(x))
		ReLU(out, x)
		if !slices.Equal(out[:3], []float32{0, 0, 2}) || out[3] == out[3] || out[4] != inf || out[5] != 0 {
			t.Errorf("ReLU(%v) = %v", x, out)
		}
	})
}

func TestReLUGradPassesWherePositive(t *testing.T) {
	eachCPU(t, func(t *testing.T) {
		nan := float32(math.NaN())
		y, dy, dx := []float32{0, 2, 0, 3, 1}, []float32{5, -6, nan, nan, 0}, make([]float32, 5)
		ReLUGrad(dx, y, dy)
		if !slices.Equal(dx[:3], []float32{0, -6, 0}) || dx[3] == dx[3] || dx[4] != 0 {
			t.Errorf("gradient %v", dx)
		}
	})
}

func TestReLUGradIsFiniteDifference(t *testing.T) {
	eachCPU(t, func(t *testing.T) {
		rng := newRand()
		x, dy := randoms(rng, 100), randoms(rng, 100)
		y, dx := make([]float32, 100), make([]float32, 100)
		ReLU(y, x)
		ReLUGrad(dx, y, dy)
		near(t, "dx", dx, numericGrad(func(x []float64) []float64 {
			y := slices.Clone(x)
			for i := range y {
				y[i] = max(y[i], 0)
			}
			return y
		}, wide(x), dy))
	})
}

func TestCombineAddsMultiples(t *testing.T) {
	eachCPU(t, func(t *testing.T) {
		rng := newRand()
		for _, n := range []int{1, 15, 16, 100, 70_001} {
			x, y, out := randoms(rng, n), randoms(rng, n), make([]float32, n)
			want := make([]float64, n)
			for i := range want {
				want[i] = 0.25*float64(x[i]) - 3*float64(y[i])
			}
			Combine(out, x, y, 0.25, -3)
			near(t, "out", out, want)
			Combine(x, x, y, 0.25, -3)
			near(t, "in place", x, want)
		}
	})
}

func TestDropoutOfAPartIsThePartOfDropout(t *testing.T) {
	x := make([]float32, 1000)
	for i := range x {
		x[i] = 1
	}
	whole, part := make([]float32, 1000), make([]float32, 300)
	key := uint64(0xFEDCBA98_FFFFFFF0) // whose lower half overflows
	Dropout(whole, x, key, 0.4)
	Dropout(part, x[:300], DropoutKey(key, 500), 0.4)
	if !slices.Equal(part, whole[500:800]) {
		t.Error("values 500 to 799 are kept otherwise by themselves")
	}
}

func TestAffineScalesAndShifts(t *testing.T) {
	eachCPU(t, func(t *testing.T) {
		x := []float32{0, 1, -2}
		Affine(x, x, 0.5, 3)
		if !slices.Equal(x, []float32{3, 3.5, 2}) {
			t.Errorf("got %v", x)
		}
	})
}

// Expected values are from Python's math module.
func TestActivationsKeepTheirDigitsFarFromZero(t *testing.T) {
	for _, c := range []struct {
		name    string
		run     func(out, x []float32)
		x, want float64
	}{
		{"Sigmoid", Sigmoid, -20, 2.0611536181902037e-09},
		{"Sigmoid", Sigmoid, -200, 0},
		{"Sigmoid", Sigmoid, 200, 1},
		{"Tanh", Tanh, 1e-5, 9.999999999666668e-06},
		{"Tanh", Tanh, -100, -1},
		{"SiLU", SiLU, -20, -4.122307236380407e-08},
		{"GELU", GELU, -5, -1.4332578593959731e-06},
		{"GELU", GELU, 30, 30},
		{"ELU", func(out, x []float32) { ELU(out, x, 2) }, -1e-5, -1.9999900000333333e-05},
		{"ELU", func(out, x []float32) { ELU(out, x, 2) }, -200, -2},
		{"Softplus", Softplus, -20, 2.0611536181902037e-09},
		{"Softplus", Softplus, 200, 200},
		{"Mish", Mish, -20, -4.122307236380407e-08},
		{"Mish", Mish, 200, 200},
		{"SELU", SELU, -1e-5, -1.7580905590648877e-05},
		{"Softsign", Softsign, -1e6, -0.999999000001},
		{"HardSigmoid", HardSigmoid, -3.5, 0},
		{"HardSiLU", HardSiLU, 1, 2. / 3},
		{"Rectifier", Rectifier{Max: 6}.Apply, 7, 6},
		{"Rectifier", Rectifier{Max: 6, Slope: 0.5, Threshold: 1}.Apply, -3, -2},
		{"Rectifier", Rectifier{Max: 6, Slope: 0.5, Threshold: 1}.Apply, 1.5, 1.5},
	} {
		out := []float32{float32(math.NaN())}
		c.run(out, []float32{float32(c.x)})
		if math.Abs(float64(out[0])-c.want) > 2e-7*math.Abs(c.want) {
			t.Errorf("%s(%g) = %g, want %g", c.name, c.x, out[0], c.want)
		}
	}
}

func TestActivationsPassNaNOn(t *testing.T) {
	for name, run := range map[string]func(out, x []float32){
		"Sigmoid": Sigmoid, "Tanh": Tanh, "SiLU": SiLU, "GELU": GELU,
		"ELU":       func(out, x []float32) { ELU(out, x, 1) },
		"LeakyReLU": func(out, x []float32) { LeakyReLU(out, x, 0.1) },
		"HardSiLU":  HardSiLU, "HardSigmoid": HardSigmoid, "Mish": Mish, "SELU": SELU, "Softplus": Softplus, "Softsign": Softsign,
		"ReLU6":     Rectifier{Max: 6}.Apply,
		"Rectifier": Rectifier{Max: 6, Threshold: 1}.Apply,
		"PReLU":     func(out, x []float32) { PReLU(out, x, []float32{0.1}, []int32{0}, 1, 1) },
	} {
		x := []float32{float32(math.NaN())}
		run(x, x)
		if x[0] == x[0] {
			t.Errorf("%s(NaN) = %g", name, x[0])
		}
	}
}

func TestAllFiniteFindsOneBadValueAnywhere(t *testing.T) {
	eachCPU(t, func(t *testing.T) {
		x := randoms(newRand(), 2*grain+5)
		x[7], x[8] = math.MaxFloat32, -math.MaxFloat32
		if !AllFinite(x) || !AllFinite(nil) {
			t.Error("finite values are called infinite")
		}
		for _, at := range []int{0, grain - 1, grain, len(x) - 1} {
			for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
				before := x[at]
				x[at] = float32(bad)
				if AllFinite(x) {
					t.Errorf("%v at %d is called finite", bad, at)
				}
				x[at] = before
			}
		}
	})
}

func TestKernelsThatSaySoWorkInPlace(t *testing.T) {
	eachCPU(t, func(t *testing.T) {
		x, dy := randoms(newRand(), 1000), randoms(newRand(), 1000)
		for name, run := range map[string]func(out, x []float32){
			"ReLU":     ReLU,
			"ReLUGrad": func(out, x []float32) { ReLUGrad(out, dy, x) },
			"Affine":   func(out, x []float32) { Affine(out, x, 2, 1) },
			"Softmax":  func(out, x []float32) { Softmax(out, x, 100, 10) },
			"GELU":     GELU,
			"GELUGrad": func(out, x []float32) { GELUGrad(out, dy, x) },
		} {
			want, inPlace := make([]float32, len(x)), slices.Clone(x)
			run(want, x)
			run(inPlace, inPlace)
			if !slices.Equal(inPlace, want) {
				t.Errorf("%s in place differs", name)
			}
		}
	})
}

// Kernels that make two passes over each part give the bits of two kernels, also in place.
func TestFusedKernelsAreTwo(t *testing.T) {
	eachCPU(t, func(t *testing.T) {
		rng := newRand()
		same := func(t *testing.T, name string, got, want []float32) {
			t.Helper()
			if !slices.Equal(got, want) {
				t.Errorf("%s of %d values differs", name, len(got))
			}
		}
		for _, n := range []int{0, 1, 40, grain + 77} {
			x, y, z := randoms(rng, n), randoms(rng, n), randoms(rng, n)
			want, got := make([]float32, n), make([]float32, n)
			Combine(want, x, y, 1, 1)
			ReLU(want, want)
			AddReLU(got, x, y)
			same(t, "AddReLU", got, want)
			copy(got, y)
			AddReLU(got, x, got)
			same(t, "AddReLU in place", got, want)

			Combine(want, y, z, 1, 1)
			ReLUGrad(want, x, want)
			ReLUGradOfSum(got, x, y, z)
			same(t, "ReLUGradOfSum", got, want)
			copy(got, y)
			ReLUGradOfSum(got, x, got, z)
			same(t, "ReLUGradOfSum in place", got, want)
		}
		for _, relu := range []bool{false, true} {
			for _, c := range []int{1, 24, 64, 513} {
				s := BatchNorm{N: 700, C: c, Epsilon: 0.001}
				x, plus, got, want := randoms(rng, s.N*c), randoms(rng, s.N*c), make([]float32, s.N*c), make([]float32, s.N*c)
				mean, variance, gamma, beta := randoms(rng, c), positive(randoms(rng, c)), randoms(rng, c), randoms(rng, c)
				s.Apply(want, x, mean, variance, gamma, beta)
				Combine(want, want, plus, 1, 1)
				if s.ReLU = relu; relu {
					ReLU(want, want)
				}
				s.ApplyAdd(got, x, plus, mean, variance, gamma, beta)
				same(t, "ApplyAdd", got, want)

				s.ReLU = false
				s.Apply(want, x, mean, variance, gamma, beta)
				GELUGrad(got, want, plus)
				dy := slices.Clone(plus)
				s.GradThen(dy, x, dy, mean, variance, gamma, beta, GELUGrad)
				same(t, "GradThen", dy, got)
				GELU(want, want)
				s.ReLU = relu // has no effect
				s.ApplyThen(got, x, mean, variance, gamma, beta, GELU)
				same(t, "ApplyThen", got, want)

				s.Apply(want, x, mean, variance, gamma, beta)
				copy(got, x)
				s.Apply(got, got, mean, variance, gamma, beta)
				same(t, "Apply in place", got, want)
				s.Grad(want, x, plus, mean, variance, gamma, beta, beta, gamma)
				copy(got, plus)
				s.Grad(got, x, got, mean, variance, gamma, beta, beta, gamma)
				same(t, "Grad in place", got, want)
			}
		}
	})
}
