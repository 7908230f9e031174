package optimizer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/checkpoint"
	"cnntrain/internal/kernels"

	G "gorgonia.org/gorgonia"
)

var _ = Optimizers.Add(catalog.Entry[Optimizer]{
	Name:    "lion",
	Keras:   "Lion",
	Example: "lion: {learning_rate: 0.0003, weight_decay: 0.1}",
	Doc: `Steps of one size, in the direction of the sign of a running mean of the gradient (Chen et al. 2023).

The authors advise a learning rate of a third to a tenth of that of AdamW, and a weight
decay that is as many times larger.`,
	New: func(o *catalog.Options) Optimizer {
		l := &lion{
			base:  base{learningRate: 0.001},
			beta1: 0.9, beta2: 0.99,
			m: slot{name: "momentum"},
		}
		l.slots = []*slot{&l.m}
		l.momentum = &l.beta1
		l.rateOption(o)
		o.Bind(&l.beta1, "beta_1", "weight of the running mean in the direction of a step, beside the gradient").Above(0).Max(1)
		o.Bind(&l.beta2, "beta_2", "decay rate of the running mean of the gradient").Min(0).Max(1)
		l.commonOptions(o)
		return l
	},
})

type lion struct {
	base
	beta1, beta2 float64
	m            slot // moving average of the gradient
}

// Step computes, per weight: w -= lr·sign(β₁m + (1-β₁)g); m = β₂m + (1-β₂)g.
func (l *lion) Step(weights []G.ValueGrad) error {
	return l.step(weights, func(i int, w, g []float32, lr float64) bool {
		return kernels.Lion(w, g, l.m.of(i, len(w)), lr, l.momentumNow(), l.beta2)
	})
}

func (l *lion) State(weights []G.ValueGrad) ([]checkpoint.Tensor, error) {
	return l.state(weights, &l.m)
}
