package ops

import (
	"cnntrain/internal/kernels"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// DepthwiseConv2D is the cross-correlation of each channel of x [N,H,W,C] with M
// filters of its own, w [KH,KW,C,M], plus b [C*M] unless that is nil. c has no groups. It reads
// the input of a [Pad2D] in place of its output.
func DepthwiseConv2D(x, w, b *G.Node, c Conv) *G.Node {
	xs, ws := x.Shape(), w.Shape()
	dilation := c.dilation()
	s := kernels.NewDepthwise(xs[0], xs[1], xs[2], xs[3], ws[3], ws[0], ws[1], c.Strides[0], c.Strides[1], dilation[0], dilation[1], c.Same)
	x, s = unpadded(x, s)
	xs = x.Shape()
	in := []*G.Node{x, w}
	if b != nil {
		in = append(in, b)
	}
	return apply(op{
		name: "depthwise_conv2d",
		out:  tensor.Shape{s.N, s.OH, s.OW, s.C * s.M},
		run: func(out []float32, in ...[]float32) {
			var bias []float32
			if len(in) == 3 {
				bias = in[2]
			}
			kernels.DepthwiseConv2D(out, in[0], in[1], bias, s)
		},
		grads: func(_ []*G.Node, _, dy *G.Node) []*G.Node {
			grads := []*G.Node{
				apply(op{name: "depthwise_conv2d_grad_x", out: xs,
					run: func(out []float32, in ...[]float32) { kernels.DepthwiseConv2DGradX(out, in[0], in[1], s) },
				}, dy, w),
				apply(op{name: "depthwise_conv2d_grad_w", out: ws,
					run: func(out []float32, in ...[]float32) { kernels.DepthwiseConv2DGradW(out, in[0], in[1], s) },
				}, x, dy),
			}
			if b != nil {
				grads = append(grads, sumRows(dy))
			}
			return grads
		},
	}, in...)
}
