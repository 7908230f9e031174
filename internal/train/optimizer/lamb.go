package optimizer

import (
	"math"

	"cnntrain/internal/catalog"
	"cnntrain/internal/checkpoint"
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
	New: func(o *catalog.Options) Optimizer {
		l := &lamb{
			base:  base{learningRate: 0.001},
			beta1: 0.9, beta2: 0.999, epsilon: 1e-7,
			m: slot{name: "momentum"}, v: slot{name: "velocity"},
		}
		l.slots = []*slot{&l.m, &l.v}
		l.rateOption(o)
		o.Bind(&l.beta1, "beta_1", "decay rate of the running mean of the gradient").Min(0).Below(1)
		o.Bind(&l.beta2, "beta_2", "decay rate of the running mean of its square").Min(0).Below(1)
		o.Bind(&l.epsilon, "epsilon", "added to the denominator to avoid division by zero").Min(0)
		l.commonOptions(o)
		return l
	},
})

type lamb struct {
	base
	beta1, beta2, epsilon float64
	m, v                  slot      // moving averages of the gradient and of its square
	ofWeights             []float64 // sums of squares, by weight
	ofSteps               []float64
}

// Step computes, per weight tensor: m += (g-m)(1-β₁); v += (g²-v)(1-β₂);
// u = m/(1-β₁ᵗ) / (√(v/(1-β₂ᵗ))+ε); w -= lr·‖w‖/‖u‖·u. If a norm is 0 their ratio is 1.
func (l *lamb) Step(weights []G.ValueGrad) error {
	t := float64(l.updates() + 1)
	scale, root := 1/(1-math.Pow(l.beta1, t)), 1/math.Sqrt(1-math.Pow(l.beta2, t))
	l.ofWeights, l.ofSteps = l.ofWeights[:0], l.ofSteps[:0]
	direct := func(i int, w, g []float32) {
		kernels.LambDirection(g, l.m.of(i, len(w)), l.v.of(i, len(w)), l.beta1, l.beta2, scale, root, l.epsilon)
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

func (l *lamb) State(weights []G.ValueGrad) ([]checkpoint.Tensor, error) {
	return l.state(weights, &l.m, &l.v)
}
