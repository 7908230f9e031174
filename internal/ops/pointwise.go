package ops

import (
	"cnntrain/internal/kernels"

	G "gorgonia.org/gorgonia"
)

// Sigmoid is 1 / (1 + exp(-x)). It is not fused, since losses and scores are taken from its input.
func Sigmoid(x *G.Node) *G.Node {
	return elementwise{"sigmoid", kernels.Sigmoid, kernels.SigmoidGrad, ofOutput}.apply(x)
}

// Tanh is the hyperbolic tangent.
func Tanh(x *G.Node) *G.Node {
	return pointwise("tanh", x, kernels.Tanh, kernels.TanhGrad, ofOutput)
}

// SiLU is x·sigmoid(x).
func SiLU(x *G.Node) *G.Node {
	return pointwise("silu", x, kernels.SiLU, kernels.SiLUGrad, ofInput)
}

// GELU is x times the standard normal distribution function of x.
func GELU(x *G.Node) *G.Node {
	return pointwise("gelu", x, kernels.GELU, kernels.GELUGrad, ofInput)
}

// ELU is x where that is positive, else alpha·(exp(x) - 1).
func ELU(x *G.Node, alpha float64) *G.Node {
	return pointwise("elu", x,
		func(out, x []float32) { kernels.ELU(out, x, alpha) },
		func(dx, x, dy []float32) { kernels.ELUGrad(dx, x, dy, alpha) }, ofInput)
}

// LeakyReLU is x where that is positive, else x·slope.
func LeakyReLU(x *G.Node, slope float32) *G.Node {
	return pointwise("leaky_relu", x,
		func(out, x []float32) { kernels.LeakyReLU(out, x, slope) },
		func(dx, x, dy []float32) { kernels.LeakyReLUGrad(dx, x, dy, slope) }, ofInput)
}

// Rectify is x up to most where it is above threshold, else slope·(x - threshold). It is fused
// like [ReLU] if slope and threshold are 0.
func Rectify(x *G.Node, most, slope, threshold float64) *G.Node {
	if slope == 0 && threshold == 0 && most > 0 {
		if y := fuseReLU(x, most); y != nil {
			return y
		}
	}
	r := kernels.Rectifier{Max: float32(most), Slope: float32(slope), Threshold: float32(threshold)}
	return pointwise("rectify", x, r.Apply, r.Grad, ofOutput)
}

// HardSigmoid is x/6 + 1/2, at least 0 and at most 1.
func HardSigmoid(x *G.Node) *G.Node {
	return pointwise("hard_sigmoid", x, kernels.HardSigmoid, kernels.HardSigmoidGrad, ofOutput)
}

// HardSiLU is x·HardSigmoid(x).
func HardSiLU(x *G.Node) *G.Node {
	return pointwise("hard_silu", x, kernels.HardSiLU, kernels.HardSiLUGrad, ofInput)
}

// Softplus is log(1 + exp(x)).
func Softplus(x *G.Node) *G.Node {
	return pointwise("softplus", x, kernels.Softplus, kernels.SoftplusGrad, ofInput)
}

// Mish is x·tanh(Softplus(x)).
func Mish(x *G.Node) *G.Node {
	return pointwise("mish", x, kernels.Mish, kernels.MishGrad, ofInput)
}

// Softsign is x / (1 + |x|).
func Softsign(x *G.Node) *G.Node {
	return pointwise("softsign", x, kernels.Softsign, kernels.SoftsignGrad, ofOutput)
}

// SELU is the self-normalizing ELU.
func SELU(x *G.Node) *G.Node {
	return pointwise("selu", x, kernels.SELU, kernels.SELUGrad, ofInput)
}

// What a gradient is computed from.
const (
	ofInput = iota
	ofOutput
)

// An elementwise is an elementwise function, and its gradient from v, which is the input or
// the output. Both may work in place, the gradient on dy.
type elementwise struct {
	name    string
	forward func(out, x []float32)
	grad    func(dx, v, dy []float32)
	of      int
}

// pointwise is an elementwise function, fused with the op that computes x if possible.
func pointwise(name string, x *G.Node, forward func(out, x []float32), grad func(dx, v, dy []float32), of int) *G.Node {
	f := elementwise{name, forward, grad, of}
	if o, ok := x.Op().(*op); ok && o.then != nil {
		return o.then(f)
	}
	return f.apply(x)
}

// apply adds f of x to the graph.
func (f elementwise) apply(x *G.Node) *G.Node {
	return apply(op{
		name:   f.name,
		out:    x.Shape(),
		reuses: 1,
		run:    func(out []float32, in ...[]float32) { f.forward(out, in[0]) },
		grads: func(_ []*G.Node, y, dy *G.Node) []*G.Node {
			if f.of == ofOutput {
				return []*G.Node{f.gradOf(y, dy)}
			}
			return []*G.Node{f.gradOf(x, dy)}
		},
	}, x)
}

// gradOf computes the gradient from v.
func (f elementwise) gradOf(v, dy *G.Node) *G.Node {
	return apply(op{name: f.name + "_grad", out: dy.Shape(), reuses: 2,
		run: func(out []float32, in ...[]float32) { f.grad(out, in[0], in[1]) },
	}, v, dy)
}
