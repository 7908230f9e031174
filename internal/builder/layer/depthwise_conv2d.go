package layer

import (
	"cnntrain/internal/builder/initializer"
	"cnntrain/internal/builder/regularizer"
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "depthwise_conv2d",
	Keras:   "DepthwiseConv2D",
	Example: "depthwise_conv2d: {kernel_size: 3, depth_multiplier: 2}",
	Input:   []int{5, 4, 2},
	Doc: `Slides filters over each channel by itself, depth_multiplier of them per channel.

` + paddingDoc,
	New: func(o *catalog.Options) Layer {
		l := &depthwiseConv2D{window: window{strides: catalog.Pair{1, 1}, padding: "valid"}, multiplier: 1, useBias: true, activation: "linear"}
		o.Bind(&l.size, "kernel_size", "height and width of the window").Required().Min(1)
		o.Bind(&l.strides, "strides", "steps of the window").Min(1)
		o.Bind(&l.padding, "padding", "zeros around the input").OneOf("valid", "same")
		o.Bind(&l.multiplier, "depth_multiplier", "number of filters per channel").Min(1)
		activationOption(o, &l.activation, "function applied to the sum")
		o.Bind(&l.useBias, "use_bias", "whether to add a bias per filter")
		initializerOption(o, &l.kernelInit, "depthwise_initializer", "glorot_uniform", "how the filters start")
		initializerOption(o, &l.biasInit, "bias_initializer", "zeros", "how the bias starts")
		regularizerOption(o, &l.kernelPenalty, "depthwise_regularizer", "penalty on the filters")
		regularizerOption(o, &l.biasPenalty, "bias_regularizer", "penalty on the bias")
		return l
	},
})

type depthwiseConv2D struct {
	window
	multiplier                 int
	activation                 string
	useBias                    bool
	kernelInit, biasInit       initializer.Initializer
	kernelPenalty, biasPenalty regularizer.Regularizer
}

func (l *depthwiseConv2D) Shape(in Shape) (Shape, error) {
	h, w, err := l.output(in)
	if err != nil {
		return nil, err
	}
	return Shape{h, w, in[2] * l.multiplier}, nil
}

func (l *depthwiseConv2D) Weights(in Shape) []Weight {
	weights := []Weight{{"kernel", Shape{l.size[0], l.size[1], in[2], l.multiplier}, l.kernelInit, true, l.kernelPenalty}}
	if l.useBias {
		weights = append(weights, Weight{"bias", Shape{in[2] * l.multiplier}, l.biasInit, true, l.biasPenalty})
	}
	return weights
}

func (l *depthwiseConv2D) Build(_ *Graph, x *G.Node, w []*G.Node) *G.Node {
	var bias *G.Node
	if l.useBias {
		bias = w[1]
	}
	return activations[l.activation](ops.DepthwiseConv2D(x, w[0], bias, l.strides, l.padding == "same"))
}
