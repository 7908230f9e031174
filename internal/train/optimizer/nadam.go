package optimizer

import (
	"math"

	"cnntrain/internal/catalog"
	"cnntrain/internal/kernels"

	G "gorgonia.org/gorgonia"
)

var _ = Optimizers.Add(catalog.Entry[Optimizer]{
	Name:    "nadam",
	Keras:   "Nadam",
	Example: "nadam: {learning_rate: 0.002}",
	Doc: `Adam with Nesterov momentum (Dozat 2016).

The momentum rises in the first thousands of steps, with a decay of 0.96 per 250 steps in
the paper and of 0.96 per step in Keras, and here.`,
	New: func(o *catalog.Options) Optimizer {
		n := &nadam{adam: newAdam(o, 0)}
		n.momentum = nil // it has a schedule of its own
		return n
	},
})

type nadam struct {
	*adam
	product float64 // of the momenta of the first steps
	of      int     // their number
}

// Step computes, per weight, with u(t) = β₁(1 - 0.96ᵗ/2) and P(t) = u(1)·…·u(t):
// m += (g-m)(1-β₁); v += (g²-v)(1-β₂); w -= lr/(√(v/(1-β₂ᵗ))+ε) ·
// (u(t+1)·m/(1-P(t+1)) + (1-u(t))·g/(1-P(t))).
func (n *nadam) Step(weights []G.ValueGrad) error {
	t := n.updates() + 1
	momentum := func(t int) float64 { return float64(n.beta1 * (1 - float64(0.5*math.Pow(0.96, float64(t))))) }
	if n.of > t { // the optimizer was set back
		n.of = 0
	}
	if n.of == 0 {
		n.product = 1
	}
	for ; n.of < t; n.of++ {
		n.product *= momentum(n.of + 1)
	}
	next := momentum(t + 1)
	ofMomentum := next / (1 - float64(n.product*next))
	ofGradient := (1 - momentum(t)) / (1 - n.product)
	root := 1 / math.Sqrt(1-math.Pow(n.beta2, float64(t)))
	return n.step(weights, func(i int, w, g []float32, lr float64) bool {
		return kernels.Nadam(w, g, n.m.of(i, len(w)), n.v.of(i, len(w)), n.beta1, n.beta2, lr*ofMomentum, lr*ofGradient, root, n.epsilon)
	})
}
