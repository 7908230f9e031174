package layer

import (
	"cnntrain/internal/builder/initializer"
	"cnntrain/internal/builder/regularizer"
	"cnntrain/internal/catalog"

	G "gorgonia.org/gorgonia"
)

// linear is the common part of layers that multiply by kernels, add a bias and apply an
// activation function.
type linear struct {
	activation string
	useBias    bool
	kernels    []learnt
	bias       learnt
}

// learnt holds the options of a trainable weight.
type learnt struct {
	init    initializer.Initializer
	penalty regularizer.Regularizer
}

// A kernel names the options of one kernel: kernel_initializer, "initial values of the
// filters".
type kernel struct{ option, doc string }

// options declares the options and sets the defaults; there is one bias per unit.
func (l *linear) options(o *catalog.Options, unit string, kernels ...kernel) {
	l.activation, l.useBias, l.kernels = "linear", true, make([]learnt, len(kernels))
	activationOption(o, &l.activation, "function applied to the sum")
	o.Bind(&l.useBias, "use_bias", "whether to add a bias per "+unit)
	for i, k := range kernels {
		initializerOption(o, &l.kernels[i].init, k.option+"_initializer", "glorot_uniform", "initial values of the "+k.doc)
	}
	initializerOption(o, &l.bias.init, "bias_initializer", "zeros", "initial values of the bias")
	for i, k := range kernels {
		regularizerOption(o, &l.kernels[i].penalty, k.option+"_regularizer", "penalty on the "+k.doc)
	}
	regularizerOption(o, &l.bias.penalty, "bias_regularizer", "penalty on the bias")
}

// weights returns the kernels, with the given names and shapes, and a bias with one value
// per unit.
func (l *linear) weights(units int, kernels ...Weight) []Weight {
	for i, k := range l.kernels {
		kernels[i].Init, kernels[i].Penalty, kernels[i].Trainable = k.init, k.penalty, true
	}
	if l.useBias {
		kernels = append(kernels, Weight{"bias", Shape{units}, l.bias.init, true, l.bias.penalty})
	}
	return kernels
}

// biasOf returns the bias among the nodes of weights, or nil.
func (l *linear) biasOf(weights []*G.Node) *G.Node {
	if len(weights) == len(l.kernels) {
		return nil
	}
	return weights[len(l.kernels)]
}

// A Scalable layer may be a sum of products with its first weight, whose last axes are the
// outputs, plus a bias. Build takes a bias also where the layer has none.
type Scalable interface{ Scalable() bool }

// scalable reports whether the output is the sum itself.
func (l *linear) scalable() bool { return l.activation == "linear" }

// activate applies the activation function.
func (l *linear) activate(y *G.Node) *G.Node { return activations[l.activation](y) }
