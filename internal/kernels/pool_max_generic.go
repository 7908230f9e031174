package kernels

import (
	"fmt"
	"math"
)

func (a *maxPool2DArgs) rowGeneric(part int) {
	s := &a.s
	n, oh := part/s.OH, part%s.OH
	for ow := range s.OW {
		out := a.out[(part*s.OW+ow)*s.C:][:s.C]
		for c := range out {
			out[c] = float32(math.Inf(-1))
		}
		top, bottom, left, right := s.cells(oh, ow)
		for ih := top; ih < bottom; ih++ {
			for iw := left; iw < right; iw++ {
				x := a.x[((n*s.H+ih)*s.W+iw)*s.C:][:len(out)]
				for c, v := range x {
					out[c] = max(out[c], v)
				}
			}
		}
	}
}

func (a *maxPool2DGradArgs) imageGeneric(n int) {
	s := &a.s
	clear(a.dx[n*s.H*s.W*s.C:][:s.H*s.W*s.C])
	for oh := range s.OH {
		for ow := range s.OW {
			at := ((n*s.OH+oh)*s.OW + ow) * s.C
			for c := range s.C {
				i := s.first(a.x, a.y[at+c], n, oh, ow, c)
				a.dx[i] += a.dy[at+c]
			}
		}
	}
}

// first returns the first position in the window of a pixel of the output that holds its
// maximum y in channel c. If y is NaN, that is a NaN.
func (s *Pool) first(x []float32, y float32, n, oh, ow, c int) int {
	top, bottom, left, right := s.cells(oh, ow)
	for ih := top; ih < bottom; ih++ {
		for iw := left; iw < right; iw++ {
			i := ((n*s.H+ih)*s.W+iw)*s.C + c
			if v := x[i]; v == y || v != v {
				return i
			}
		}
	}
	panic(fmt.Sprintf("kernels: MaxPool2DGrad: y is not the maximum of x at %v", [...]int{n, oh, ow, c}))
}
