package kernels

import (
	"slices"
	"testing"
)

// streamAll makes all kernels write past the caches that can, whatever the size of their output.
func streamAll(t *testing.T) {
	before := streamFrom
	t.Cleanup(func() { streamFrom = before })
	streamFrom = 1
}

// Writing past the caches changes no value, with outputs that are aligned and that are not.
func TestWritingPastTheCachesGivesTheSameBits(t *testing.T) {
	rng := newRand()
	slice := func(n, skip int) []float32 { // large enough to begin with a page
		return randoms(rng, n+(1<<16))[skip:][:n]
	}
	depthwise := func(stride, channels int) func(skip int) ([]float32, func(out []float32)) {
		s := NewDepthwise(2, 23, 22, channels, 1, 3, 3, stride, stride, 1, 1, true)
		x, w, dy := slice(s.N*s.H*s.W*channels, 0), slice(9*channels, 0), slice(s.N*s.OH*s.OW*channels, 0)
		return func(skip int) ([]float32, func(out []float32)) {
			return slice(len(dy)+len(x), skip), func(out []float32) {
				DepthwiseConv2D(out[:len(dy)], x, w, nil, s)
				DepthwiseConv2DGradX(out[len(dy):], dy, w, s)
			}
		}
	}
	convolution := func(size, channels int) func(skip int) ([]float32, func(out []float32)) {
		s := NewConv(3, 18, 17, channels, channels, size, size, 1, 1, true)
		nx, nw, ny := s.lens()
		x, w, b := slice(nx, 0), slice(nw, 0), slice(s.F, 0)
		return func(skip int) ([]float32, func(out []float32)) {
			return slice(ny, skip), func(out []float32) { Conv2D(out, x, w, b, s) }
		}
	}
	norm := BatchNorm{N: 1000, C: 48, Epsilon: 1e-3, ReLU: true}
	x, dy, columns := slice(norm.N*norm.C, 0), slice(norm.N*norm.C, 0), slice(norm.C, 0)
	for i, v := range columns {
		columns[i] = v * v
	}
	each := func(n int, run func(out []float32)) func(skip int) ([]float32, func(out []float32)) {
		return func(skip int) ([]float32, func(out []float32)) { return slice(n, skip), run }
	}
	cases := map[string]func(skip int) ([]float32, func(out []float32)){
		"depthwise":                            depthwise(1, 48),
		"depthwise, stride 2":                  depthwise(2, 32),
		"depthwise, rows of a line and a half": depthwise(1, 24),
		"convolution 3x3":                      convolution(3, 32),
		"convolution 3x3, 40 filters":          convolution(3, 40),
		"convolution 5x5":                      convolution(5, 64),
		"batch norm":                           each(len(x), func(out []float32) { norm.Apply(out, x, columns, columns, columns, columns) }),
		"its gradient": each(len(x), func(out []float32) {
			norm.Grad(out, x, dy, columns, columns, columns, columns, columns, columns)
		}),
		"relu":          each(len(x)-5, func(out []float32) { ReLU(out, x) }),
		"its gradient ": each(len(x)-5, func(out []float32) { ReLUGrad(out, x, dy) }),
		"batch norm and a sum": each(len(x), func(out []float32) {
			norm.ApplyAdd(out, x, dy, columns, columns, columns, columns)
		}),
		"batch norm and a sum, without relu": each(len(x), func(out []float32) {
			plain := norm
			plain.ReLU = false
			plain.ApplyAdd(out, x, dy, columns, columns, columns, columns)
		}),
		"relu of a sum":  each(len(x)-5, func(out []float32) { AddReLU(out, x, dy) }),
		"its gradient  ": each(len(x)-5, func(out []float32) { ReLUGradOfSum(out, x, dy, x) }),
		"sum":            each(len(x)-5, func(out []float32) { Combine(out, x, dy, 1, 1) }),
		"silu":           each(len(x)-5, func(out []float32) { SiLU(out, x) }),
		"affine":         each(len(x)-5, func(out []float32) { Affine(out, x, 2, 1) }),
		"relu, in place": each(len(x), func(out []float32) { copy(out, x); ReLU(out, out) }),
	}
	eachCPU(t, func(t *testing.T) {
		if current().streaming == nil {
			t.Skip("none of its kernels write past the caches")
		}
		for name, c := range cases {
			for _, skip := range []int{0, 1, 8} {
				out, run := c(skip)
				run(out)
				want := slices.Clone(out)
				clear(out)
				t.Run(name, func(t *testing.T) {
					streamAll(t)
					if skip == 0 && !streams(out, cacheLine) {
						t.Error("the output is not aligned")
					}
					run(out)
					sameBits(t, name, out, want)
				})
			}
		}
	})
}
