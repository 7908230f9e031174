package optimizer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/checkpoint"
	"cnntrain/internal/kernels"

	G "gorgonia.org/gorgonia"
)

var _ = Optimizers.Add(catalog.Entry[Optimizer]{
	Name:    "ftrl",
	Keras:   "Ftrl",
	Example: "ftrl: {learning_rate: 0.1}",
	Doc: `Follow the regularized leader: weights are computed from the sums of all gradients (McMahan et al. 2013).

With l1_regularization_strength many weights become zero.`,
	New: func(o *catalog.Options) Optimizer {
		f := &ftrl{
			base:  base{learningRate: 0.001},
			power: -0.5,
			sums:  slot{name: "accumulator", start: 0.1}, linear: slot{name: "linear"},
		}
		f.slots = []*slot{&f.sums, &f.linear}
		f.rateOption(o)
		o.Bind(&f.power, "learning_rate_power", "power of the sum of squares that divides the learning rate").Max(0)
		o.Bind(&f.sums.start, "initial_accumulator_value", "initial value of the sum of squares").Min(0)
		o.Bind(&f.l1, "l1_regularization_strength", "strength of the L1 penalty").Min(0)
		o.Bind(&f.l2, "l2_regularization_strength", "strength of the L2 penalty").Min(0)
		o.Bind(&f.shrinkage, "l2_shrinkage_regularization_strength", "strength of an L2 penalty that is added to the gradient").Min(0)
		o.Bind(&f.beta, "beta", "added to the root of the sum of squares").Min(0)
		f.commonOptions(o)
		return f
	},
})

type ftrl struct {
	base
	power, l1, l2, shrinkage, beta float64
	sums, linear                   slot // of squares of the gradients; of gradients and corrections
}

func (*ftrl) DividesByRate() bool { return true }

// Step computes, per weight: n = a + g²; z += g + 2s·w - (n^-p - a^-p)/lr · w;
// w = (clip(z, ±l₁) - z) / (n^-p/lr + 2l₂ + β/lr); a = n.
func (f *ftrl) Step(weights []G.ValueGrad) error {
	return f.step(weights, func(i int, w, g []float32, lr float64) bool {
		l2 := f.l2
		if f.beta > 0 {
			l2 += f.beta / (2 * lr)
		}
		return kernels.FTRL(w, g, f.sums.of(i, len(w)), f.linear.of(i, len(w)), lr, f.power, f.l1, l2, f.shrinkage)
	})
}

func (f *ftrl) State(weights []G.ValueGrad) ([]checkpoint.Tensor, error) {
	return f.state(weights, &f.sums, &f.linear)
}
