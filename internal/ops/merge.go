package ops

import (
	"cnntrain/internal/kernels"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Fork is x itself, for a value that several nodes read. An op cannot be fused with it, as
// ReLU would be with the op that computed x, which would then run once for each reader.
func Fork(x *G.Node) *G.Node {
	return apply(op{
		name:  "fork",
		out:   x.Shape(),
		view:  true,
		grads: func(_ []*G.Node, _, dy *G.Node) []*G.Node { return []*G.Node{dy} },
	}, x)
}

// fold combines several nodes from the first on.
func fold(x []*G.Node, combine func(a, b *G.Node) *G.Node) *G.Node {
	y := x[0]
	for _, next := range x[1:] {
		y = combine(y, next)
	}
	return y
}

// perChannel reports whether s [N,1,1,C] has one value for each channel of x [N,H,W,C].
func perChannel(s, x *G.Node) bool {
	a, b := s.Shape(), x.Shape()
	return len(a) == 4 && len(b) == 4 && a[1]*a[2] == 1 && b[1]*b[2] > 1
}

// channels returns the sizes of x [N,H,W,C] as N, H·W and C.
func channels(x *G.Node) (n, pixels, c int) {
	s := x.Shape()
	return s[0], s[1] * s[2], s[3]
}

// Add is the sum of its inputs. Those of [N,1,1,C] are added to each pixel of the others.
func Add(x []*G.Node) *G.Node { return fold(x, add) }

func add(a, b *G.Node) *G.Node {
	if perChannel(a, b) {
		a, b = b, a
	}
	if !perChannel(b, a) {
		for _, terms := range [][2]*G.Node{{a, b}, {b, a}} {
			if o, ok := terms[0].Op().(*op); ok && o.plus != nil {
				return o.plus(terms[1])
			}
		}
		return combine("add", a, b, 1)
	}
	n, pixels, c := channels(a)
	return apply(op{
		name:   "add_channels",
		out:    a.Shape(),
		reuses: 1,
		run:    func(out []float32, in ...[]float32) { kernels.AddChannels(out, in[0], in[1], n, pixels, c) },
		grads: func(_ []*G.Node, _, dy *G.Node) []*G.Node {
			return []*G.Node{dy, apply(op{name: "sum_pixels", out: b.Shape(),
				run: func(out []float32, in ...[]float32) { kernels.SumPixels(out, in[0], n, pixels, c) },
			}, dy)}
		},
	}, a, b)
}

// Subtract is a - b.
func Subtract(a, b *G.Node) *G.Node { return combine("subtract", a, b, -1) }

// combine is a + sign·b.
func combine(name string, a, b *G.Node, sign float32) *G.Node {
	var withReLU func(most float64) *G.Node
	if sign == 1 {
		withReLU = uncapped(func() *G.Node { return addReLU(a, b) })
	}
	return apply(op{
		name:     name,
		out:      a.Shape(),
		reuses:   1,
		either:   true,
		withReLU: withReLU,
		run:      func(out []float32, in ...[]float32) { kernels.Combine(out, in[0], in[1], 1, sign) },
		grads: func(_ []*G.Node, _, dy *G.Node) []*G.Node {
			if sign == 1 {
				return []*G.Node{dy, dy}
			}
			return []*G.Node{dy, Affine(dy, sign, 0)}
		},
	}, a, b)
}

// addReLU is max(a + b, 0).
func addReLU(a, b *G.Node) *G.Node {
	return apply(op{
		name:   "add_relu",
		out:    a.Shape(),
		reuses: 1,
		either: true,
		run:    func(out []float32, in ...[]float32) { kernels.AddReLU(out, in[0], in[1]) },
		grads: func(_ []*G.Node, y, dy *G.Node) []*G.Node {
			dsum := reluGrad(y, dy)
			return []*G.Node{dsum, dsum}
		},
	}, a, b)
}

// Average is the mean of its inputs.
func Average(x []*G.Node) *G.Node { return Affine(Add(x), 1/float32(len(x)), 0) }

// Multiply is the product of its inputs. Those of [N,1,1,C] multiply each pixel of the
// others.
func Multiply(x []*G.Node) *G.Node { return fold(x, multiply) }

func multiply(a, b *G.Node) *G.Node {
	if perChannel(a, b) {
		a, b = b, a
	}
	if !perChannel(b, a) {
		return apply(op{
			name:   "multiply",
			out:    a.Shape(),
			reuses: 1,
			either: true,
			run:    func(out []float32, in ...[]float32) { kernels.Multiply(out, in[0], in[1]) },
			grads: func(in []*G.Node, _, dy *G.Node) []*G.Node {
				return []*G.Node{multiplyGrad(in[1], dy), multiplyGrad(in[0], dy)}
			},
		}, a, b)
	}
	n, pixels, c := channels(a)
	return apply(op{
		name:   "multiply_channels",
		out:    a.Shape(),
		reuses: 1,
		run:    func(out []float32, in ...[]float32) { kernels.MultiplyChannels(out, in[0], in[1], n, pixels, c) },
		grads: func(in []*G.Node, _, dy *G.Node) []*G.Node {
			dx := apply(op{name: "multiply_channels_grad", out: a.Shape(), reuses: 1,
				run: func(out []float32, in ...[]float32) { kernels.MultiplyChannels(out, in[0], in[1], n, pixels, c) },
			}, dy, in[1])
			ds := apply(op{name: "dot_pixels", out: b.Shape(),
				run: func(out []float32, in ...[]float32) { kernels.DotPixels(out, in[0], in[1], n, pixels, c) },
			}, dy, in[0])
			return []*G.Node{dx, ds}
		},
	}, a, b)
}

func multiplyGrad(other, dy *G.Node) *G.Node {
	return apply(op{name: "multiply_grad", out: dy.Shape(), reuses: 2,
		run: func(out []float32, in ...[]float32) { kernels.Multiply(out, in[0], in[1]) },
	}, other, dy)
}

// Maximum is the largest of its inputs, element by element. Of equal ones the first gets the
// gradient, as in TensorFlow.
func Maximum(x []*G.Node) *G.Node {
	return fold(x, func(a, b *G.Node) *G.Node { return choose("maximum", kernels.Maximum, a, b, false) })
}

// Minimum is the smallest of its inputs, element by element.
func Minimum(x []*G.Node) *G.Node {
	return fold(x, func(a, b *G.Node) *G.Node { return choose("minimum", kernels.Minimum, a, b, true) })
}

func choose(name string, kernel func(out, x, y []float32), a, b *G.Node, smaller bool) *G.Node {
	return apply(op{
		name: name,
		out:  a.Shape(),
		run:  func(out []float32, in ...[]float32) { kernel(out, in[0], in[1]) },
		grads: func(in []*G.Node, _, dy *G.Node) []*G.Node {
			grad := func(x, y *G.Node, strict bool) *G.Node {
				if smaller {
					x, y = y, x
				}
				return apply(op{name: name + "_grad", out: dy.Shape(),
					run: func(out []float32, in ...[]float32) { kernels.SelectGrad(out, in[0], in[1], in[2], strict) },
				}, x, y, dy)
			}
			return []*G.Node{grad(in[0], in[1], false), grad(in[1], in[0], true)}
		},
	}, a, b)
}

// Concatenate concatenates its inputs along the last axis.
func Concatenate(x []*G.Node) *G.Node {
	shape := x[0].Shape().Clone()
	last := len(shape) - 1
	rows := shape.TotalSize() / shape[last]
	widths := make([]int, len(x))
	shape[last] = 0
	for i, n := range x {
		widths[i] = n.Shape()[last]
		shape[last] += widths[i]
	}
	width := shape[last]
	return apply(op{
		name: "concatenate",
		out:  shape,
		run: func(out []float32, in ...[]float32) {
			at := 0
			for i, from := range in {
				kernels.CopyChannels(out, width, at, from, widths[i], 0, widths[i], rows)
				at += widths[i]
			}
		},
		grads: func(in []*G.Node, _, dy *G.Node) (grads []*G.Node) {
			at := 0
			for i, n := range in {
				grads = append(grads, channelsOf(dy, n.Shape(), width, at, widths[i], rows))
				at += widths[i]
			}
			return grads
		},
	}, x...)
}

// channelsOf is the columns from at on of x.
func channelsOf(x *G.Node, shape tensor.Shape, width, at, count, rows int) *G.Node {
	return apply(op{name: "concatenate_grad", out: shape,
		run: func(out []float32, in ...[]float32) {
			kernels.CopyChannels(out, count, 0, in[0], width, at, count, rows)
		},
	}, x)
}
