package optimizer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/checkpoint"
	"cnntrain/internal/kernels"

	G "gorgonia.org/gorgonia"
)

var _ = Optimizers.Add(catalog.Entry[Optimizer]{
	Name:    "sgd",
	Keras:   "SGD",
	Example: "sgd: {learning_rate: 0.01, momentum: 0.9}",
	Doc: `Gradient descent, optionally with momentum.

With momentum the step is velocity = momentum·velocity - learning_rate·gradient;
nesterov looks one step ahead.`,
	New: func(o *catalog.Options) Optimizer {
		s := &sgd{base: base{learningRate: 0.01}, velocity: slot{name: "momentum"}}
		s.slots = []*slot{&s.velocity}
		s.base.momentum = &s.momentum
		s.rateOption(o)
		o.Bind(&s.momentum, "momentum", "fraction of the previous step that is kept").Min(0).Max(1)
		o.Bind(&s.nesterov, "nesterov", "whether to use Nesterov momentum")
		s.commonOptions(o)
		return s
	},
})

type sgd struct {
	base
	momentum float64
	nesterov bool
	velocity slot
}

// Step computes, per weight: w -= lr·g; or v = μv - lr·g and w += v, with nesterov w += μv
// - lr·g.
func (s *sgd) Step(weights []G.ValueGrad) error {
	return s.step(weights, func(i int, w, g []float32, lr float64) bool {
		var velocity []float32
		if s.momentum > 0 {
			velocity = s.velocity.of(i, len(w))
		}
		return kernels.SGD(w, g, velocity, float32(lr), float32(s.momentumNow()), s.nesterov)
	})
}

func (s *sgd) State(weights []G.ValueGrad) ([]checkpoint.Tensor, error) {
	if s.momentum == 0 {
		return s.state(weights)
	}
	return s.state(weights, &s.velocity)
}
