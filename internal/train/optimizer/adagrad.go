package optimizer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/checkpoint"
	"cnntrain/internal/kernels"

	G "gorgonia.org/gorgonia"
)

var _ = Optimizers.Add(catalog.Entry[Optimizer]{
	Name:    "adagrad",
	Keras:   "Adagrad",
	Example: "adagrad: {learning_rate: 0.1}",
	Doc:     "Steps divided by the root of the sum of all squared gradients of a weight (Duchi, Hazan and Singer 2011).",
	New: func(o *catalog.Options) Optimizer {
		a := &adagrad{base: base{learningRate: 0.001}, epsilon: 1e-7, accumulator: slot{name: "accumulator", start: 0.1}}
		a.slots = []*slot{&a.accumulator}
		a.rateOption(o)
		o.Bind(&a.accumulator.start, "initial_accumulator_value", "initial value of the sum of squares").Min(0)
		o.Bind(&a.epsilon, "epsilon", "added to the denominator to avoid division by zero").Min(0)
		a.commonOptions(o)
		return a
	},
})

type adagrad struct {
	base
	epsilon     float64
	accumulator slot // sum of squares of the gradient
}

// Step computes, per weight: a += g²; w -= lr·g / √(a+ε).
func (a *adagrad) Step(weights []G.ValueGrad) error {
	return a.step(weights, func(i int, w, g []float32, lr float64) bool {
		return kernels.Adagrad(w, g, a.accumulator.of(i, len(w)), float32(lr), float32(a.epsilon))
	})
}

func (a *adagrad) State(weights []G.ValueGrad) ([]checkpoint.Tensor, error) {
	return a.state(weights, &a.accumulator)
}
