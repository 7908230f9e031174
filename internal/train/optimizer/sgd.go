package optimizer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/kernels"

	G "gorgonia.org/gorgonia"
)

var _ = Optimizers.Add(catalog.Entry[Optimizer]{
	Name:    "sgd",
	Keras:   "SGD",
	Example: "sgd: {learning_rate: 0.01, momentum: 0.9}",
	Doc: `Steps down the gradient, with momentum if asked for.

With momentum the step is velocity = momentum·velocity - learning_rate·gradient;
nesterov looks one step ahead.`,
	New: func(o *catalog.Options) Optimizer {
		s := &sgd{rate: rate{0.01}}
		s.option(o)
		o.Bind(&s.momentum, "momentum", "share of the last step that is kept").Min(0).Max(1)
		o.Bind(&s.nesterov, "nesterov", "whether to look ahead (Nesterov momentum)")
		return s
	},
})

type sgd struct {
	rate
	momentum float64
	nesterov bool
	velocity slots
}

// Step is, per weight: w -= lr·g; or v = μv - lr·g and w += v, with nesterov
// w += μv - lr·g.
func (s *sgd) Step(weights []G.ValueGrad) error {
	for i, vg := range weights {
		w, g, err := values(vg)
		if err != nil {
			return err
		}
		var velocity []float32
		if s.momentum > 0 {
			velocity = s.velocity.of(i, len(w))
		}
		kernels.SGD(w, g, velocity, float32(s.learningRate), float32(s.momentum), s.nesterov)
	}
	return nil
}
