package optimizer

import (
	"math"

	"cnntrain/internal/catalog"
	"cnntrain/internal/kernels"

	G "gorgonia.org/gorgonia"
)

var _ = Optimizers.Add(catalog.Entry[Optimizer]{
	Name:    "lamb",
	Keras:   "Lamb",
	Example: "lamb: {learning_rate: 0.005, weight_decay: 0.01}",
	Doc: `Adam with steps as long as the weights themselves, layer by layer, for large batches (You et al. 2020).

The step of each weight tensor has the tensor's norm, times the learning rate. As in Keras,
weight decay is decoupled and not part of that norm.`,
	New: func(o *catalog.Options) Optimizer { return &lamb{adam: newAdam(o, 0)} },
})

type lamb struct {
	*adam
	ofWeights []float64 // sums of squares, by weight
	ofSteps   []float64
}

// Step computes, per weight tensor: m += (g-m)(1-β₁); v += (g²-v)(1-β₂);
// u = m/(1-β₁ᵗ) / (√(v/(1-β₂ᵗ))+ε); w -= lr·‖w‖/‖u‖·u. If a norm is 0 their ratio is 1.
func (l *lamb) Step(weights []G.ValueGrad) error {
	t := float64(l.updates() + 1)
	scale, root := 1/(1-math.Pow(l.momentumNow(), t)), 1/math.Sqrt(1-math.Pow(l.beta2, t))
	l.ofWeights, l.ofSteps = l.ofWeights[:0], l.ofSteps[:0]
	direct := func(i int, w, g []float32) {
		kernels.LambDirection(g, l.m.of(i, len(w)), l.v.of(i, len(w)), l.momentumNow(), l.beta2, scale, root, l.epsilon)
		l.ofWeights = append(l.ofWeights, kernels.SumSquares(w))
		l.ofSteps = append(l.ofSteps, kernels.SumSquares(g))
	}
	whole := func() {
		if l.norms != nil {
			l.norms(l.ofWeights)
			l.norms(l.ofSteps)
		}
	}
	return l.stepIn(weights, direct, whole, func(i int, w, u []float32, lr float64) bool {
		if l.ofWeights[i] > 0 && l.ofSteps[i] > 0 {
			lr *= math.Sqrt(l.ofWeights[i]) / math.Sqrt(l.ofSteps[i])
		}
		return kernels.SGD(w, u, nil, float32(lr), 0, false)
	})
}
