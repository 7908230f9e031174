package initializer

import (
	"math"
	"slices"
	"testing"

	"cnntrain/internal/random"
)

func TestEigenvectorsDecomposeTheMatrix(t *testing.T) {
	for _, d := range []int{1, 2, 12, 75} {
		a := make([]float64, d*d)
		for i := range d {
			for j := range i + 1 {
				a[i*d+j] = random.New(1).Normal(uint64(i*d + j))
				a[j*d+i] = a[i*d+j]
			}
		}
		matrix := slices.Clone(a)
		values, vectors := eigen(a, d)
		if !slices.IsSortedFunc(values, func(x, y float64) int { return -int(math.Copysign(1, x-y)) }) {
			t.Errorf("values %v", values)
		}
		for i := range d {
			for j := range d {
				sum, dot := 0.0, 0.0
				for k := range d {
					sum += values[k] * vectors[k*d+i] * vectors[k*d+j]
					dot += vectors[i*d+k] * vectors[j*d+k]
				}
				one := 0.0
				if i == j {
					one = 1
				}
				if math.Abs(sum-matrix[i*d+j]) > 1e-11 || math.Abs(dot-one) > 1e-12 {
					t.Fatalf("%d: element %d,%d is %g, want %g; product of vectors %g", d, i, j, sum, matrix[i*d+j], dot)
				}
			}
		}
	}
}

func TestDiracPassesChannelsOn(t *testing.T) {
	w := make([]float32, 3*2*2*3) // height, width, channels, filters
	d := &dirac{rest: Initializers.Default("ones")}
	d.Fill(w, []int{3, 2, 2, 3}, random.New())
	for i, v := range w {
		y, x, c, f := i/12, i/6%2, i/3%2, i%3
		want := float32(0)
		if f == 2 || y == 1 && x == 1 && c == f {
			want = 1
		}
		if v != want {
			t.Errorf("row %d, column %d, channel %d, filter %d: %g, want %g", y, x, c, f, v, want)
		}
	}
}
