package kernels

import (
	"fmt"
	"testing"
)

func TestDenseIsItsDefinition(t *testing.T) {
	eachCPU(t, func(t *testing.T) {
		rng := newRand()
		for _, size := range [][3]int{{1, 1, 1}, {4, 2, 2}, {3, 17, 10}, {5, 20, 33}, {9, 7, 18}, {32, 84, 10}, {33, 400, 121}} {
			t.Run(fmt.Sprint(size), func(t *testing.T) {
				n, f, u := size[0], size[1], size[2]
				x, w, b, dy := randoms(rng, n*f), randoms(rng, f*u), randoms(rng, u), randoms(rng, n*u)

				out := make([]float32, n*u)
				Dense(out, x, w, b, n, f, u, false)
				near(t, "out", out, defineDense(wide(x), wide(w), wide(b), n, f, u))
				Dense(out, x, w, nil, n, f, u, false)
				near(t, "out without bias", out, defineDense(wide(x), wide(w), nil, n, f, u))

				dx, dw, db := make([]float32, n*f), make([]float32, f*u), make([]float32, u)
				DenseGradX(dx, dy, w, n, f, u)
				DenseGradW(dw, x, dy, n, f, u)
				SumRows(db, dy, n, u)
				if n*f*u > 5000 { // too large for difference quotients
					wantX, wantW := defineDenseGrads(wide(x), wide(w), wide(dy), n, f, u)
					near(t, "dx", dx, wantX)
					near(t, "dw", dw, wantW)
					return
				}
				near(t, "dx", dx, numericGrad(func(x []float64) []float64 { return defineDense(x, wide(w), nil, n, f, u) }, wide(x), dy))
				near(t, "dw", dw, numericGrad(func(w []float64) []float64 { return defineDense(wide(x), w, nil, n, f, u) }, wide(w), dy))
				near(t, "db", db, numericGrad(func(b []float64) []float64 { return defineDense(wide(x), wide(w), b, n, f, u) }, wide(b), dy))
			})
		}
	})
}

func TestSumRowsStaysAccurateOverManyRows(t *testing.T) {
	eachCPU(t, func(t *testing.T) {
		const n, u = 200_003, 6
		x := randoms(newRand(), n*u)
		want := make([]float64, u)
		for i := range x {
			x[i] += 1 // growing sums, in which a single float32 total would lose precision
			want[i%u] += float64(x[i])
		}
		out := make([]float32, u)
		SumRows(out, x, n, u)
		near(t, "sums", out, want)
	})
}
