package kernels

import (
	"fmt"
	"slices"
	"testing"
)

func TestReLUInAKernelIsReLUAfterIt(t *testing.T) {
	eachCPU(t, func(t *testing.T) {
		rng := newRand()
		same := func(what string, run func(out []float32, relu bool), size int) {
			got, want := make([]float32, size), make([]float32, size)
			run(got, true)
			run(want, false)
			ReLU(want, want)
			if !slices.Equal(got, want) {
				t.Errorf("%s differs", what)
			}
		}
		convs := []Conv{
			anyWinograd(rng, 3), anyWinograd(rng, 5),
			NewConv(2, 6, 5, 700, 40, 3, 3, 2, 1, true), // sums in several blocks
			{N: 1, H: 4, W: 4, C: 1, F: 2, KH: 3, KW: 3, SH: 2, SW: 2, Top: 2, Left: 2, OH: 3, OW: 3},
		}
		for range 30 {
			convs = append(convs, anyConv(rng))
		}
		for _, s := range convs {
			nx, nw, ny := s.lens()
			x, w, b := randoms(rng, nx), randoms(rng, nw), randoms(rng, s.F)
			same(fmt.Sprintf("%+v", s), func(out []float32, relu bool) {
				s.ReLU = relu
				Conv2D(out, x, w, b, s)
			}, ny)
		}
		for _, size := range [][3]int{{3, 5, 7}, {33, 600, 45}, {5, 256, 17}} {
			n, f, u := size[0], size[1], size[2]
			x, w, b := randoms(rng, n*f), randoms(rng, f*u), randoms(rng, u)
			same(fmt.Sprint("dense ", size), func(out []float32, relu bool) { Dense(out, x, w, b, n, f, u, relu) }, n*u)
		}
	})
}

func TestReLUGradSumRowsIsBothKernels(t *testing.T) {
	eachCPU(t, func(t *testing.T) {
		rng := newRand()
		for _, size := range [][2]int{{0, 3}, {1, 1}, {32, 84}, {1300, 6}, {700, 33}} {
			n, u := size[0], size[1]
			y, dy := randoms(rng, n*u), randoms(rng, n*u)
			want, wantSums, sums := make([]float32, n*u), make([]float32, u), make([]float32, u)
			ReLUGrad(want, y, dy)
			SumRows(wantSums, want, n, u)
			ReLUGradSumRows(sums, dy, y, n, u)
			if !slices.Equal(dy, want) || !slices.Equal(sums, wantSums) {
				t.Errorf("%v: differs", size)
			}
		}
	})
}
