package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "depthwise_conv2d",
	Keras:   "DepthwiseConv2D",
	Example: "depthwise_conv2d: {kernel_size: 3, depth_multiplier: 2}",
	Input:   []int{5, 4, 2},
	Doc: `Depthwise 2D convolution: convolves each channel separately, with depth_multiplier filters per channel.

` + paddingDoc,
	New: func(o *catalog.Options) Layer {
		l := &depthwiseConv2D{multiplier: 1}
		l.window.options(o)
		o.Bind(&l.multiplier, "depth_multiplier", "number of filters per channel").Min(1)
		l.linear.options(o, "filter", kernel{"depthwise", "depthwise filters"})
		return l
	},
})

type depthwiseConv2D struct {
	window
	linear
	multiplier int
}

func (l *depthwiseConv2D) Shape(in Shape) (Shape, error) {
	h, w, err := l.output(in)
	if err != nil {
		return nil, err
	}
	return Shape{h, w, in[2] * l.multiplier}, nil
}

func (l *depthwiseConv2D) Weights(in Shape) []Weight {
	return l.weights(in[2]*l.multiplier, Weight{Name: "kernel", Shape: Shape{l.size[0], l.size[1], in[2], l.multiplier}})
}

func (l *depthwiseConv2D) Build(g *Graph, x *G.Node, w []*G.Node) *G.Node {
	return l.activate(ops.DepthwiseConv2D(x, w[0], l.biasOf(w), l.conv(g)))
}

// Scalable implements [Scalable].
func (l *depthwiseConv2D) Scalable() bool { return l.scalable() }
