package ops

import (
	"cnntrain/internal/kernels"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Conv2DTranspose is the gradient for the image of the convolution c with filters w
// [KH,KW,F,C], taken of x [N,H,W,C] as that for its output, plus b [F] unless that is nil:
// [N,height,width,F]. height and width are those of images that c takes to H by W pixels.
func Conv2DTranspose(x, w, b *G.Node, height, width int, c Conv) *G.Node {
	xs, ws := x.Shape(), w.Shape()
	dilation := c.dilation()
	s := kernels.NewDilatedConv(xs[0], height, width, ws[2], ws[3], ws[0], ws[1], c.Strides[0], c.Strides[1], dilation[0], dilation[1], c.Same)
	s.Direct, s.Alike = c.Direct, c.Alike
	out := tensor.Shape{s.N, s.H, s.W, s.C}
	in := []*G.Node{x, w}
	if b != nil {
		in = append(in, b)
	}
	return apply(op{
		name: "conv2d_transpose", out: out, flops: convFlops(s),
		run: func(out []float32, in ...[]float32) {
			kernels.Conv2DGradX(out, in[0], in[1], s)
			if len(in) == 3 {
				kernels.AddBias(out, in[2], s.N*s.H*s.W, s.C)
			}
		},
		grads: func(in []*G.Node, _, dy *G.Node) []*G.Node {
			grads := []*G.Node{
				apply(op{name: "conv2d_transpose_grad_x", out: xs, flops: convFlops(s),
					run: func(out []float32, in ...[]float32) { kernels.Conv2D(out, in[0], in[1], nil, s) },
				}, dy, w),
				apply(op{name: "conv2d_transpose_grad_w", out: ws, flops: convFlops(s),
					run: func(out []float32, in ...[]float32) { kernels.Conv2DGradW(out, in[0], in[1], s) },
				}, dy, x),
			}
			if b != nil {
				grads = append(grads, sumRows(dy))
			}
			return grads
		},
	}, in...)
}
