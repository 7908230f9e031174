package optimizer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/checkpoint"
	"cnntrain/internal/kernels"

	G "gorgonia.org/gorgonia"
)

var _ = Optimizers.Add(catalog.Entry[Optimizer]{
	Name:    "rmsprop",
	Keras:   "RMSprop",
	Example: "rmsprop: {learning_rate: 0.01}",
	Doc: `Steps scaled by a running mean of the square of the gradient (Tieleman and Hinton 2012).

With centered, the gradient's variance replaces the mean square.`,
	New: func(o *catalog.Options) Optimizer {
		r := &rmsprop{
			base: base{learningRate: 0.001},
			rho:  0.9, epsilon: 1e-7,
			velocity: slot{name: "velocity"}, average: slot{name: "average_gradient"}, momenta: slot{name: "momentum"},
		}
		r.slots = []*slot{&r.velocity, &r.average, &r.momenta}
		r.base.momentum = &r.momentum
		r.rateOption(o)
		o.Bind(&r.rho, "rho", "decay rate of the running mean of the square").Min(0).Below(1)
		o.Bind(&r.momentum, "momentum", "fraction of the previous step that is kept").Min(0).Max(1)
		o.Bind(&r.epsilon, "epsilon", "added to the denominator to avoid division by zero").Min(0)
		o.Bind(&r.centered, "centered", "whether to subtract the square of the mean gradient from the mean square")
		r.commonOptions(o)
		return r
	},
})

type rmsprop struct {
	base
	rho, momentum, epsilon     float64
	centered                   bool
	velocity, average, momenta slot // moving averages of the square and of the gradient; update steps
}

// Step computes, per weight: v = ρv + (1-ρ)g²; a = ρa + (1-ρ)g if centered, else 0; p = μp
// + lr·g / √(v-a²+ε); w -= p.
func (r *rmsprop) Step(weights []G.ValueGrad) error {
	return r.step(weights, func(i int, w, g []float32, lr float64) bool {
		var average, momenta []float32
		if r.centered {
			average = r.average.of(i, len(w))
		}
		if r.momentum > 0 {
			momenta = r.momenta.of(i, len(w))
		}
		return kernels.RMSprop(w, g, r.velocity.of(i, len(w)), average, momenta,
			lr, r.rho, r.momentumNow(), r.epsilon)
	})
}

func (r *rmsprop) State(weights []G.ValueGrad) ([]checkpoint.Tensor, error) {
	used := []*slot{&r.velocity}
	if r.centered {
		used = append(used, &r.average)
	}
	if r.momentum > 0 {
		used = append(used, &r.momenta)
	}
	return r.state(weights, used...)
}
