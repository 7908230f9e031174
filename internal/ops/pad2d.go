package ops

import (
	"cnntrain/internal/kernels"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Pad2D is x [N,H,W,C] with zeros around each image: rows is how many above and
// below, columns how many left and right.
func Pad2D(x *G.Node, rows, columns [2]int) *G.Node {
	xs := x.Shape()
	s := kernels.Padding{N: xs[0], H: xs[1], W: xs[2], C: xs[3], Top: rows[0], Bottom: rows[1], Left: columns[0], Right: columns[1]}
	h, w := s.Output()
	return apply(op{
		name:    "pad2d",
		out:     tensor.Shape{s.N, h, w, s.C},
		padding: &s,
		run:     func(out []float32, in ...[]float32) { kernels.Pad2D(out, in[0], s) },
		grads: func(_ []*G.Node, _, dy *G.Node) []*G.Node {
			return []*G.Node{apply(op{name: "crop2d", out: xs,
				run: func(out []float32, in ...[]float32) { kernels.Crop2D(out, in[0], s) },
			}, dy)}
		},
	}, x)
}

// unpadded returns the input of a [Pad2D] in place of its output x, and the sizes of the same
// convolution of that, if there is one.
func unpadded[S interface {
	Inside(kernels.Padding) (S, bool)
}](x *G.Node, s S) (*G.Node, S) {
	if o, ok := x.Op().(*op); ok && o.padding != nil {
		if inside, ok := s.Inside(*o.padding); ok {
			return o.inputs[0], inside
		}
	}
	return x, s
}

// Crop2D is x [N,H,W,C] without the outer rows and columns: rows is how many above and
// below, columns how many left and right.
func Crop2D(x *G.Node, rows, columns [2]int) *G.Node {
	xs := x.Shape()
	s := kernels.Padding{N: xs[0], H: xs[1] - rows[0] - rows[1], W: xs[2] - columns[0] - columns[1], C: xs[3], Top: rows[0], Bottom: rows[1], Left: columns[0], Right: columns[1]}
	return apply(op{
		name:  "crop2d",
		out:   tensor.Shape{s.N, s.H, s.W, s.C},
		run:   func(out []float32, in ...[]float32) { kernels.Crop2D(out, in[0], s) },
		grads: func(_ []*G.Node, _, dy *G.Node) []*G.Node { return []*G.Node{Pad2D(dy, rows, columns)} },
	}, x)
}
