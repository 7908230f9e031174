package ops

import (
	"cnntrain/internal/kernels"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// A Conv holds the options of a convolution.
type Conv struct {
	Strides  [2]int
	Dilation [2]int // distance between the pixels of a window; the zero value is 1 and 1
	Groups   int    // groups of channels and filters; 0 is 1
	Same     bool   // zero padding, so that only strides reduce the size
	Direct   bool   // without Winograd's algorithm
	Alike    bool   // an image has the same result in every batch
}

// Conv2D is the cross-correlation of x [N,H,W,C] with w [KH,KW,C/groups,F], plus b [F]
// unless that is nil. It reads the input of a [Pad2D] in place of its output.
func Conv2D(x, w, b *G.Node, c Conv) *G.Node {
	if channels := x.Shape()[3]; c.Groups == channels && channels > 1 { // each by itself
		ws := w.Shape()
		w = Reshape(w, tensor.Shape{ws[0], ws[1], channels, ws[3] / channels})
		return DepthwiseConv2D(x, w, b, c)
	}
	x, s := unpadded(x, c.sizes(x, w))
	return conv2D(x, w, b, s)
}

func conv2D(x, w, b *G.Node, s kernels.Conv) *G.Node {
	in := []*G.Node{x, w}
	if b != nil {
		in = append(in, b)
	}
	o := op{
		name: "conv2d",
		out:  tensor.Shape{s.N, s.OH, s.OW, s.F}, flops: convFlops(s),
		run: func(out []float32, in ...[]float32) {
			var bias []float32
			if len(in) == 3 {
				bias = in[2]
			}
			kernels.Conv2D(out, in[0], in[1], bias, s)
		},
		grads: func(in []*G.Node, y, dy *G.Node) []*G.Node {
			dsum, db := sumGrads(y, dy, s.ReLU, b != nil)
			grads := []*G.Node{conv2DGradX(dsum, w, s), conv2DGradW(x, dsum, s)}
			if b != nil {
				grads = append(grads, db)
			}
			return grads
		},
	}
	if !s.ReLU {
		s := s
		s.ReLU = true
		o.withReLU = uncapped(func() *G.Node { return conv2D(x, w, b, s) })
	}
	return apply(o, in...)
}

func conv2DGradX(dy, w *G.Node, s kernels.Conv) *G.Node {
	return apply(op{name: "conv2d_grad_x", out: tensor.Shape{s.N, s.H, s.W, s.C}, flops: convFlops(s),
		run: func(out []float32, in ...[]float32) { kernels.Conv2DGradX(out, in[0], in[1], s) },
	}, dy, w)
}

func conv2DGradW(x, dy *G.Node, s kernels.Conv) *G.Node {
	return apply(op{name: "conv2d_grad_w", out: tensor.Shape{s.KH, s.KW, s.C / max(1, s.Groups), s.F}, flops: convFlops(s),
		run: func(out []float32, in ...[]float32) { kernels.Conv2DGradW(out, in[0], in[1], s) },
	}, x, dy)
}

// convFlops includes the products with padding, as is usual.
func convFlops(s kernels.Conv) int {
	return 2 * s.N * s.OH * s.OW * s.F * s.KH * s.KW * s.C / max(1, s.Groups)
}

func (c Conv) sizes(x, w *G.Node) kernels.Conv {
	xs, ws := x.Shape(), w.Shape()
	dilation := c.dilation()
	s := kernels.NewDilatedConv(xs[0], xs[1], xs[2], xs[3], ws[3], ws[0], ws[1], c.Strides[0], c.Strides[1], dilation[0], dilation[1], c.Same)
	s.Direct, s.Groups, s.Alike = c.Direct, c.Groups, c.Alike
	return s
}

func (c Conv) dilation() [2]int { return [2]int{max(1, c.Dilation[0]), max(1, c.Dilation[1])} }
