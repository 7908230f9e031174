package optimizer

import (
	"math"

	"cnntrain/internal/catalog"
	"cnntrain/internal/checkpoint"
	"cnntrain/internal/kernels"

	G "gorgonia.org/gorgonia"
)

var _ = Optimizers.Add(catalog.Entry[Optimizer]{
	Name:    "adamax",
	Keras:   "Adamax",
	Example: "adamax: {learning_rate: 0.002}",
	Doc:     `Adam with the largest absolute gradient in place of the mean square (Kingma and Ba 2015, section 7.1).`,
	New: func(o *catalog.Options) Optimizer {
		a := &adamax{
			base:  base{learningRate: 0.001},
			beta1: 0.9, beta2: 0.999, epsilon: 1e-7,
			m: slot{name: "momentum"}, u: slot{name: "norm"},
		}
		a.slots = []*slot{&a.m, &a.u}
		a.momentum = &a.beta1
		a.rateOption(o)
		o.Bind(&a.beta1, "beta_1", "decay rate of the running mean of the gradient").Min(0).Below(1)
		o.Bind(&a.beta2, "beta_2", "decay rate of the largest absolute gradient").Min(0).Below(1)
		o.Bind(&a.epsilon, "epsilon", "added to the denominator to avoid division by zero").Min(0)
		a.commonOptions(o)
		return a
	},
})

type adamax struct {
	base
	beta1, beta2, epsilon float64
	m, u                  slot // moving average of the gradient; its decaying maximum
}

// Step computes, per weight: m += (g-m)(1-β₁); u = max(β₂u, |g|); w -= lr·m / ((1-β₁ᵗ)(u+ε)).
func (a *adamax) Step(weights []G.ValueGrad) error {
	rest := 1 - math.Pow(a.momentumNow(), float64(a.updates()+1))
	return a.step(weights, func(i int, w, g []float32, lr float64) bool {
		return kernels.Adamax(w, g, a.m.of(i, len(w)), a.u.of(i, len(w)), lr/rest, a.momentumNow(), a.beta2, a.epsilon)
	})
}

func (a *adamax) State(weights []G.ValueGrad) ([]checkpoint.Tensor, error) {
	return a.state(weights, &a.m, &a.u)
}
