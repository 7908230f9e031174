package ops

import (
	"cnntrain/internal/kernels"

	G "gorgonia.org/gorgonia"
)

// ScaleChannels multiplies the last axis of x by scale [C].
func ScaleChannels(x, scale *G.Node) *G.Node {
	c := scale.Shape()[0]
	rows := x.Shape().TotalSize() / c
	forward := func(out []float32, in ...[]float32) { kernels.ScaleChannels(out, in[0], in[1], rows, c) }
	return apply(op{
		name: "scale_channels", out: x.Shape(), run: forward,
		grads: func(_ []*G.Node, _, dy *G.Node) []*G.Node {
			return []*G.Node{
				apply(op{name: "scale_channels_grad_x", out: x.Shape(), reuses: 1, run: forward}, dy, scale),
				apply(op{name: "scale_channels_grad_scale", out: scale.Shape(),
					run: func(out []float32, in ...[]float32) { kernels.ScaleChannelsGradScale(out, in[0], in[1], rows, c) },
				}, x, dy),
			}
		},
	}, x, scale)
}
