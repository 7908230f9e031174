package initializer

import (
	"math"
	"testing"

	"cnntrain/internal/random"
)

func TestGlorotUniformFillsItsRange(t *testing.T) {
	shape := []int{5, 5, 6, 16}
	w := make([]float32, 5*5*6*16)
	glorotUniform{}.Fill(w, shape, random.New(1))
	limit := math.Sqrt(6. / (150 + 400)) // Keras: fans are 5·5·6 and 5·5·16
	var largest, sum float64
	for _, v := range w {
		largest = max(largest, math.Abs(float64(v)))
		sum += float64(v)
	}
	if largest > limit || largest < 0.99*limit {
		t.Errorf("largest value %g, limit %g", largest, limit)
	}
	if mean := sum / float64(len(w)); math.Abs(mean) > 0.1*limit {
		t.Errorf("mean %g", mean)
	}
}

func TestFansAreThoseOfKeras(t *testing.T) {
	for _, c := range []struct{ shape, want []int }{
		{nil, []int{1, 1}},
		{[]int{7}, []int{7, 7}},
		{[]int{400, 120}, []int{400, 120}},
		{[]int{3, 3, 64, 128}, []int{576, 1152}},
	} {
		if in, out := fans(c.shape); in != c.want[0] || out != c.want[1] {
			t.Errorf("fans(%v) = %d, %d, want %v", c.shape, in, out, c.want)
		}
	}
}

func TestZerosAndOnesFillEverything(t *testing.T) {
	for name, want := range map[string]float32{"zeros": 0, "ones": 1, "constant": 0} {
		w := []float32{5, 5, 5}
		Initializers.Default(name).Fill(w, []int{3}, random.New())
		for _, v := range w {
			if v != want {
				t.Errorf("%s wrote %g", name, v)
			}
		}
	}
}

// Means, variances and bounds are Keras's, for a kernel with fan-in 5·5·6 and fan-out
// 5·5·16.
func TestDistributionsAreThoseOfKeras(t *testing.T) {
	shape := []int{5, 5, 6, 16}
	const in, mean = 150, (150 + 400) / 2.
	cut := func(variance float64) float64 { return 2 * math.Sqrt(variance) / truncatedDeviation }
	out := &scaling{3, "fan_out", "uniform"}
	normal := &scaling{3, "fan_avg", "untruncated_normal"}
	truncated := &scaling{3, "fan_in", "truncated_normal"}
	for _, c := range []struct {
		name            string
		variance, limit float64
	}{
		{"scaling out", 3. / 400, math.Sqrt(9. / 400)},
		{"scaling normal", 3 / mean, math.Inf(1)},
		{"scaling truncated", 3. / in, cut(3. / in)},
		{"variance_scaling", 1. / in, cut(1. / in)},
		{"glorot_uniform", 1 / mean, math.Sqrt(3 / mean)},
		{"glorot_normal", 1 / mean, cut(1 / mean)},
		{"he_uniform", 2. / in, math.Sqrt(6. / in)},
		{"he_normal", 2. / in, cut(2. / in)},
		{"lecun_uniform", 1. / in, math.Sqrt(3. / in)},
		{"lecun_normal", 1. / in, cut(1. / in)},
		{"random_uniform", 0.1 * 0.1 / 12, 0.05},
		{"random_normal", 0.05 * 0.05, math.Inf(1)},
	} {
		var sum, squares, largest, n float64
		for seed := range uint64(20) {
			w := make([]float32, 5*5*6*16)
			var init Initializer
			switch c.name {
			case "scaling out":
				init = out
			case "scaling normal":
				init = normal
			case "scaling truncated":
				init = truncated
			default:
				init = Initializers.Default(c.name)
			}
			init.Fill(w, shape, random.New(seed))
			for _, v := range w {
				sum, squares, largest, n = sum+float64(v), squares+float64(v)*float64(v), max(largest, math.Abs(float64(v))), n+1
			}
		}
		deviation := math.Sqrt(c.variance)
		if math.Abs(sum/n) > 4*deviation/math.Sqrt(n) {
			t.Errorf("%s: mean %g", c.name, sum/n)
		}
		if got := squares / n; math.Abs(got/c.variance-1) > 0.02 {
			t.Errorf("%s: variance %g, want %g", c.name, got, c.variance)
		}
		if largest > c.limit*(1+1e-6) || largest < 0.99*c.limit && !math.IsInf(c.limit, 1) {
			t.Errorf("%s: largest value %g, limit %g", c.name, largest, c.limit)
		}
	}
}

// Within the bounds, the truncated normal distribution has the shape of the normal one.
func TestTruncatedNormalIsNormalInside(t *testing.T) {
	w := make([]float32, 100_000)
	fillTruncatedNormal(w, 3, random.New(7))
	inside := 0
	for _, v := range w {
		if math.Abs(float64(v)) < 3 {
			inside++
		}
	}
	// P(|z| < 1) / P(|z| < 2)
	if got, want := float64(inside)/float64(len(w)), 0.682689/0.954500; math.Abs(got-want) > 0.005 {
		t.Errorf("%g of the values within one deviation, want %g", got, want)
	}
}
