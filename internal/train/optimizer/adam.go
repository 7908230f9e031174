package optimizer

import (
	"math"

	"cnntrain/internal/catalog"
	"cnntrain/internal/checkpoint"
	"cnntrain/internal/kernels"

	G "gorgonia.org/gorgonia"
)

var _ = Optimizers.Add(catalog.Entry[Optimizer]{
	Name:    "adam",
	Keras:   "Adam",
	Example: "adam: {learning_rate: 0.002}",
	Doc: `Steps scaled by running means of the gradient and of its square (Kingma and Ba 2015).

A good first choice. Epsilon is added to the square root, as in Keras.`,
	New: func(o *catalog.Options) Optimizer { return newAdam(o, 0) },
})

type adam struct {
	base
	beta1, beta2, epsilon float64
	m, v                  slot // moving averages of the gradient and of its square
}

// newAdam declares the options of Adam and of what extends it, with a default for weight_decay.
func newAdam(o *catalog.Options, weightDecay float64) *adam {
	a := &adam{
		base:  base{learningRate: 0.001, weightDecay: weightDecay},
		beta1: 0.9, beta2: 0.999, epsilon: 1e-7,
		m: slot{name: "momentum"}, v: slot{name: "velocity"},
	}
	a.slots = []*slot{&a.m, &a.v}
	a.momentum = &a.beta1
	a.rateOption(o)
	o.Bind(&a.beta1, "beta_1", "decay rate of the running mean of the gradient").Min(0).Below(1)
	o.Bind(&a.beta2, "beta_2", "decay rate of the running mean of its square").Min(0).Below(1)
	o.Bind(&a.epsilon, "epsilon", "added to the denominator to avoid division by zero").Min(0)
	a.commonOptions(o)
	return a
}

// Step computes, per weight: m += (g-m)(1-β₁); v += (g²-v)(1-β₂); w -= lr·√(1-β₂ᵗ)/(1-β₁ᵗ)
// · m/(√v+ε).
func (a *adam) Step(weights []G.ValueGrad) error {
	t := float64(a.updates() + 1)
	root, rest := math.Sqrt(1-math.Pow(a.beta2, t)), 1-math.Pow(a.momentumNow(), t)
	return a.step(weights, func(i int, w, g []float32, lr float64) bool {
		return kernels.Adam(w, g, a.m.of(i, len(w)), a.v.of(i, len(w)),
			lr*root/rest, a.momentumNow(), a.beta2, a.epsilon)
	})
}

func (a *adam) State(weights []G.ValueGrad) ([]checkpoint.Tensor, error) {
	return a.state(weights, &a.m, &a.v)
}
