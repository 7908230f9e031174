package layer

import (
	"fmt"

	"cnntrain/internal/builder/initializer"
	"cnntrain/internal/builder/regularizer"
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "conv2d",
	Keras:   "Conv2D",
	Example: "conv2d: {filters: 3, kernel_size: 3, activation: relu}",
	Input:   []int{6, 5, 2},
	Doc: `Slides filters over an image: each output is the sum of a window times a filter, plus a bias.

` + paddingDoc,
	New: func(o *catalog.Options) Layer {
		l := &conv2d{window: window{strides: catalog.Pair{1, 1}, padding: "valid"}, useBias: true, activation: "linear"}
		o.Bind(&l.filters, "filters", "number of filters, the channels of the output").Required().Min(1)
		o.Bind(&l.size, "kernel_size", "height and width of the window").Required().Min(1)
		o.Bind(&l.strides, "strides", "steps of the window").Min(1)
		o.Bind(&l.padding, "padding", "zeros around the input").OneOf("valid", "same")
		activationOption(o, &l.activation, "function applied to the sum")
		o.Bind(&l.useBias, "use_bias", "whether to add a bias per filter")
		initializerOption(o, &l.kernelInit, "kernel_initializer", "glorot_uniform", "how the filters start")
		initializerOption(o, &l.biasInit, "bias_initializer", "zeros", "how the bias starts")
		regularizerOption(o, &l.kernelPenalty, "kernel_regularizer", "penalty on the filters")
		regularizerOption(o, &l.biasPenalty, "bias_regularizer", "penalty on the bias")
		return l
	},
})

type conv2d struct {
	window
	filters                    int
	activation                 string
	useBias                    bool
	kernelInit, biasInit       initializer.Initializer
	kernelPenalty, biasPenalty regularizer.Regularizer
}

func (l *conv2d) Shape(in Shape) (Shape, error) {
	h, w, err := l.output(in)
	if err != nil {
		return nil, err
	}
	return Shape{h, w, l.filters}, nil
}

func (l *conv2d) Weights(in Shape) []Weight {
	weights := []Weight{{"kernel", Shape{l.size[0], l.size[1], in[2], l.filters}, l.kernelInit, true, l.kernelPenalty}}
	if l.useBias {
		weights = append(weights, Weight{"bias", Shape{l.filters}, l.biasInit, true, l.biasPenalty})
	}
	return weights
}

func (l *conv2d) Build(g *Graph, x *G.Node, w []*G.Node) *G.Node {
	var bias *G.Node
	if l.useBias {
		bias = w[1]
	}
	return activations[l.activation](ops.Conv2D(x, w[0], bias, ops.Conv{Strides: l.strides, Same: l.padding == "same", Direct: g.Direct}))
}

// A window slides over a map: what convolution and pooling have in common.
type window struct {
	size, strides catalog.Pair
	padding       string
}

const paddingDoc = "With padding `valid` the window stays inside the input; with `same` zeros\n" +
	"(as many before as after, the odd one after) keep the size at ⌈input / strides⌉."

// output returns the height and width of the output for an input [H W C].
func (s window) output(in Shape) (h, w int, err error) {
	if !in.maps() {
		return 0, 0, fmt.Errorf("needs an input of height, width and channels, got %v values", in)
	}
	if s.padding == "same" {
		return (in[0] + s.strides[0] - 1) / s.strides[0], (in[1] + s.strides[1] - 1) / s.strides[1], nil
	}
	if in[0] < s.size[0] || in[1] < s.size[1] {
		return 0, 0, fmt.Errorf("a window of %dx%d does not fit the input of %v; use padding: same, or fewer pooling layers before it",
			s.size[0], s.size[1], in)
	}
	return (in[0]-s.size[0])/s.strides[0] + 1, (in[1]-s.size[1])/s.strides[1] + 1, nil
}
