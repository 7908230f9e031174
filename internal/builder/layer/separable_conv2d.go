package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "separable_conv2d",
	Keras:   "SeparableConv2D",
	Also:    []string{"SeparableConvolution2D"},
	Example: "separable_conv2d: {filters: 3, kernel_size: 3, depth_multiplier: 2}",
	Input:   []int{5, 4, 2},
	Doc: `Depthwise convolution followed by a pointwise (1x1) convolution: far fewer weights than conv2d.

The same as depthwise_conv2d without bias, followed by conv2d with kernel_size 1.
` + paddingDoc,
	New: func(o *catalog.Options) Layer {
		l := &separableConv2D{multiplier: 1}
		o.Bind(&l.filters, "filters", "number of output channels").Required().Min(1)
		l.window.options(o)
		o.Bind(&l.multiplier, "depth_multiplier", "number of filters per channel of the input").Min(1)
		l.linear.options(o, "channel of the output", kernel{"depthwise", "depthwise filters"}, kernel{"pointwise", "pointwise filters"})
		return l
	},
})

type separableConv2D struct {
	window
	linear
	filters, multiplier int
}

func (l *separableConv2D) Shape(in Shape) (Shape, error) {
	h, w, err := l.output(in)
	if err != nil {
		return nil, err
	}
	return Shape{h, w, l.filters}, nil
}

func (l *separableConv2D) Weights(in Shape) []Weight {
	return l.weights(l.filters,
		Weight{Name: "depthwise_kernel", Shape: Shape{l.size[0], l.size[1], in[2], l.multiplier}},
		Weight{Name: "pointwise_kernel", Shape: Shape{1, 1, in[2] * l.multiplier, l.filters}})
}

func (l *separableConv2D) Build(g *Graph, x *G.Node, w []*G.Node) *G.Node {
	y := ops.DepthwiseConv2D(x, w[0], nil, l.conv(g))
	return l.activate(ops.Conv2D(y, w[1], l.biasOf(w), ops.Conv{Strides: [2]int{1, 1}, Alike: g.Alike}))
}
