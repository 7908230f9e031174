package layer

import (
	"cnntrain/internal/builder/initializer"
	"cnntrain/internal/builder/regularizer"
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "separable_conv2d",
	Keras:   "SeparableConv2D",
	Example: "separable_conv2d: {filters: 3, kernel_size: 3, depth_multiplier: 2}",
	Input:   []int{5, 4, 2},
	Doc: `Slides filters over each channel by itself, then mixes the channels: far fewer weights than conv2d.

The same as depthwise_conv2d without bias, followed by conv2d with kernel_size 1.
` + paddingDoc,
	New: func(o *catalog.Options) Layer {
		l := &separableConv2D{window: window{strides: catalog.Pair{1, 1}, padding: "valid"}, multiplier: 1, useBias: true, activation: "linear"}
		o.Bind(&l.filters, "filters", "channels of the output").Required().Min(1)
		o.Bind(&l.size, "kernel_size", "height and width of the window").Required().Min(1)
		o.Bind(&l.strides, "strides", "steps of the window").Min(1)
		o.Bind(&l.padding, "padding", "zeros around the input").OneOf("valid", "same")
		o.Bind(&l.multiplier, "depth_multiplier", "number of filters per channel of the input").Min(1)
		activationOption(o, &l.activation, "function applied to the sum")
		o.Bind(&l.useBias, "use_bias", "whether to add a bias per channel of the output")
		initializerOption(o, &l.depthwiseInit, "depthwise_initializer", "glorot_uniform", "how the filters start")
		initializerOption(o, &l.pointwiseInit, "pointwise_initializer", "glorot_uniform", "how the mixture starts")
		initializerOption(o, &l.biasInit, "bias_initializer", "zeros", "how the bias starts")
		regularizerOption(o, &l.depthwisePenalty, "depthwise_regularizer", "penalty on the filters")
		regularizerOption(o, &l.pointwisePenalty, "pointwise_regularizer", "penalty on the mixture")
		regularizerOption(o, &l.biasPenalty, "bias_regularizer", "penalty on the bias")
		return l
	},
})

type separableConv2D struct {
	window
	filters, multiplier                             int
	activation                                      string
	useBias                                         bool
	depthwiseInit, pointwiseInit, biasInit          initializer.Initializer
	depthwisePenalty, pointwisePenalty, biasPenalty regularizer.Regularizer
}

func (l *separableConv2D) Shape(in Shape) (Shape, error) {
	h, w, err := l.output(in)
	if err != nil {
		return nil, err
	}
	return Shape{h, w, l.filters}, nil
}

func (l *separableConv2D) Weights(in Shape) []Weight {
	weights := []Weight{
		{"depthwise_kernel", Shape{l.size[0], l.size[1], in[2], l.multiplier}, l.depthwiseInit, true, l.depthwisePenalty},
		{"pointwise_kernel", Shape{1, 1, in[2] * l.multiplier, l.filters}, l.pointwiseInit, true, l.pointwisePenalty},
	}
	if l.useBias {
		weights = append(weights, Weight{"bias", Shape{l.filters}, l.biasInit, true, l.biasPenalty})
	}
	return weights
}

func (l *separableConv2D) Build(_ *Graph, x *G.Node, w []*G.Node) *G.Node {
	var bias *G.Node
	if l.useBias {
		bias = w[2]
	}
	y := ops.DepthwiseConv2D(x, w[0], nil, l.strides, l.padding == "same")
	return activations[l.activation](ops.Conv2D(y, w[1], bias, ops.Conv{Strides: [2]int{1, 1}}))
}
