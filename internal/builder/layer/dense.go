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
	Name:    "dense",
	Keras:   "Dense",
	Example: "dense: {units: 3, activation: relu}",
	Input:   []int{7},
	Doc: `Connects every input to every unit: y = x·kernel + bias.

Needs a flat input; put flatten in front of it.`,
	New: func(o *catalog.Options) Layer {
		l := &dense{useBias: true, activation: "linear"}
		o.Bind(&l.units, "units", "number of outputs").Required().Min(1)
		activationOption(o, &l.activation, "function applied to the sum")
		o.Bind(&l.useBias, "use_bias", "whether to add a bias per unit")
		initializerOption(o, &l.kernelInit, "kernel_initializer", "glorot_uniform", "how the kernel starts")
		initializerOption(o, &l.biasInit, "bias_initializer", "zeros", "how the bias starts")
		regularizerOption(o, &l.kernelPenalty, "kernel_regularizer", "penalty on the kernel")
		regularizerOption(o, &l.biasPenalty, "bias_regularizer", "penalty on the bias")
		return l
	},
})

type dense struct {
	units                      int
	activation                 string
	useBias                    bool
	kernelInit, biasInit       initializer.Initializer
	kernelPenalty, biasPenalty regularizer.Regularizer
}

func (l *dense) Shape(in Shape) (Shape, error) {
	if len(in) != 1 {
		return nil, fmt.Errorf("needs a flat input, got %v; put flatten in front of it", in)
	}
	return Shape{l.units}, nil
}

func (l *dense) Weights(in Shape) []Weight {
	weights := []Weight{{"kernel", Shape{in[0], l.units}, l.kernelInit, true, l.kernelPenalty}}
	if l.useBias {
		weights = append(weights, Weight{"bias", Shape{l.units}, l.biasInit, true, l.biasPenalty})
	}
	return weights
}

func (l *dense) Build(_ *Graph, x *G.Node, w []*G.Node) *G.Node {
	var bias *G.Node
	if l.useBias {
		bias = w[1]
	}
	return activations[l.activation](ops.Dense(x, w[0], bias))
}
