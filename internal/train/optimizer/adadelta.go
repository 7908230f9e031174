package optimizer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/checkpoint"
	"cnntrain/internal/kernels"

	G "gorgonia.org/gorgonia"
)

var _ = Optimizers.Add(catalog.Entry[Optimizer]{
	Name:    "adadelta",
	Keras:   "Adadelta",
	Example: "adadelta: {learning_rate: 1}",
	Doc: `Steps scaled by the ratio of the sizes of past steps and past gradients (Zeiler 2012).

The learning rate of the paper is 1; Keras's default, and ours, is 0.001.`,
	New: func(o *catalog.Options) Optimizer {
		a := &adadelta{
			base: base{learningRate: 0.001},
			rho:  0.95, epsilon: 1e-7,
			gradients: slot{name: "accumulated_grad"}, deltas: slot{name: "accumulated_delta_var"},
		}
		a.slots = []*slot{&a.gradients, &a.deltas}
		a.rateOption(o)
		o.Bind(&a.rho, "rho", "decay rate of the running means of squares").Min(0).Max(1)
		o.Bind(&a.epsilon, "epsilon", "added to the mean squares to avoid division by zero").Above(0)
		a.commonOptions(o)
		return a
	},
})

type adadelta struct {
	base
	rho, epsilon      float64
	gradients, deltas slot // moving averages of the squares of gradients and of steps
}

// Step computes, per weight: a = ρa + (1-ρ)g²; d = g·√(s+ε)/√(a+ε); s = ρs + (1-ρ)d²;
// w -= lr·d.
func (a *adadelta) Step(weights []G.ValueGrad) error {
	return a.step(weights, func(i int, w, g []float32, lr float64) bool {
		return kernels.Adadelta(w, g, a.gradients.of(i, len(w)), a.deltas.of(i, len(w)), lr, a.rho, a.epsilon)
	})
}

func (a *adadelta) State(weights []G.ValueGrad) ([]checkpoint.Tensor, error) {
	return a.state(weights, &a.gradients, &a.deltas)
}
