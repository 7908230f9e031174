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
	for name, want := range map[string]float32{"zeros": 0, "ones": 1} {
		w := []float32{5, 5, 5}
		Initializers.Default(name).Fill(w, []int{3}, random.New())
		for _, v := range w {
			if v != want {
				t.Errorf("%s wrote %g", name, v)
			}
		}
	}
}
