package ops

import (
	"slices"

	"cnntrain/internal/kernels"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// A Norm is (X - Mean)/√(Variance + Epsilon)·Gamma + Beta per channel, the last
// axis of X, that + Plus if there is one, and min(max(that, 0), Max) where ReLU is set.
type Norm struct {
	X              *G.Node
	Plus           *G.Node // nil for 0; with it, Max is +Inf
	Gamma, Beta    *G.Node // may be nil, for 1 and 0
	Mean, Variance *G.Node
	Epsilon        float64
	ReLU           bool
	Max            float64 // the largest output with ReLU, may be +Inf
	Batch          bool    // Mean and Variance are the moments of X, so its gradient includes their gradients

	// Whole is not nil if X is a share of the batch for which Mean and Variance are
	// computed: it replaces values by their mean over all shares.
	Whole func(values []float64)
}

// BatchMoments returns mean and (biased) variance over all axes of x but the last; of the
// global batch if whole, as in a [Norm], is not nil. Each run also updates the moving
// averages, which are weights: moving = moving·momentum + batch·(1-momentum).
func BatchMoments(x, movingMean, movingVariance *G.Node, momentum float64, whole func([]float64)) (mean, variance *G.Node) {
	s := normSizes(x)
	over := make([]float64, 2*s.C)
	moments := apply(op{
		name: "batch_moments",
		out:  tensor.Shape{2, s.C},
		run: func(out []float32, in ...[]float32) {
			mean, variance := out[:s.C], out[s.C:]
			s.Moments(mean, variance, in[0])
			if whole != nil {
				wholeMoments(mean, variance, over, whole)
			}
			kernels.MoveAverage(in[1], mean, momentum)
			kernels.MoveAverage(in[2], variance, momentum)
		},
	}, x, movingMean, movingVariance)
	return row(moments, 0), row(moments, 1)
}

// wholeMoments replaces mean and variance of a share by those of the global batch; the mean
// square is the variance plus the square of the mean. values is memory for both.
func wholeMoments(mean, variance []float32, values []float64, whole func([]float64)) {
	means, squares := values[:len(mean)], values[len(mean):]
	for c, m := range mean {
		means[c] = float64(m)
		squares[c] = float64(variance[c]) + float64(means[c]*means[c])
	}
	whole(values)
	for c, m := range means {
		mean[c], variance[c] = float32(m), float32(max(0, squares[c]-float64(m*m)))
	}
}

// BatchNorm adds n to the graph.
func BatchNorm(n Norm) *G.Node {
	if n.Plus != nil {
		return batchNormPlus(n)
	}
	s := normSizes(n.X)
	s.Epsilon, s.ReLU, s.Max = n.Epsilon, n.ReLU, float32(n.Max)
	o := op{
		name: "batch_norm", out: n.X.Shape(), constant: 2, reuses: 1,
		run: func(out []float32, in ...[]float32) {
			gamma, beta, mean, variance := n.params(in[1:])
			s.Apply(out, in[0], mean, variance, gamma, beta)
		},
		grads: func(_ []*G.Node, _, dy *G.Node) []*G.Node { return n.grads(s, dy) },
	}
	if !n.ReLU {
		o.withReLU = func(most float64) *G.Node {
			n := n
			n.ReLU, n.Max = true, most
			return BatchNorm(n)
		}
		o.plus = func(other *G.Node) *G.Node {
			n := n
			n.Plus = other
			return BatchNorm(n)
		}
		o.then = func(f elementwise) *G.Node { return batchNormThen(n, f) }
	}
	return apply(o, n.inputs(n.X)...)
}

// batchNormPlus adds n with the addition of Plus, as at the end of a residual block.
func batchNormPlus(n Norm) *G.Node {
	s := normSizes(n.X)
	s.Epsilon, s.ReLU = n.Epsilon, n.ReLU
	o := op{
		name: "batch_norm_add", out: n.X.Shape(), constant: 2, reuses: 1,
		run: func(out []float32, in ...[]float32) {
			gamma, beta, mean, variance := n.params(in[2:])
			s.ApplyAdd(out, in[0], in[1], mean, variance, gamma, beta)
		},
		grads: func(_ []*G.Node, y, dy *G.Node) []*G.Node {
			s := s
			if s.ReLU {
				s.ReLU, dy = false, reluGrad(y, dy)
			}
			grads := n.grads(s, dy)
			return slices.Insert(grads, 1, dy)
		},
	}
	if !n.ReLU {
		o.withReLU = uncapped(func() *G.Node {
			n := n
			n.ReLU = true
			return BatchNorm(n)
		})
	}
	return apply(o, n.inputs(n.X, n.Plus)...)
}

// batchNormThen adds f of n. The normalized values are not kept: the gradient computes them again.
func batchNormThen(n Norm, f elementwise) *G.Node {
	s := normSizes(n.X)
	s.Epsilon = n.Epsilon
	return apply(op{
		name: "batch_norm_" + f.name, out: n.X.Shape(), constant: 2, reuses: 1,
		run: func(out []float32, in ...[]float32) {
			gamma, beta, mean, variance := n.params(in[1:])
			s.ApplyThen(out, in[0], mean, variance, gamma, beta, f.forward)
		},
		grads: func(_ []*G.Node, y, dy *G.Node) []*G.Node {
			if f.of == ofOutput {
				return n.grads(s, f.gradOf(y, dy))
			}
			return n.grads(s, apply(op{name: "batch_norm_" + f.name + "_grad", out: dy.Shape(), reuses: 2,
				run: func(out []float32, in ...[]float32) {
					gamma, beta, mean, variance := n.params(in[2:])
					s.GradThen(out, in[0], in[1], mean, variance, gamma, beta, f.grad)
				},
			}, n.inputs(n.X, dy)...))
		},
	}, n.inputs(n.X)...)
}

// grads returns the gradients of X, Gamma, Beta, Mean and Variance from that of the
// normalized values, where s has a ReLU of what this gives.
func (n Norm) grads(s kernels.BatchNorm, dy *G.Node) []*G.Node {
	sums := n.gradSums(s, dy)
	grads := []*G.Node{n.grad(s, dy, n.wholeSums(sums))}
	if n.Gamma != nil {
		grads = append(grads, row(sums, 1))
	}
	if n.Beta != nil {
		grads = append(grads, row(sums, 0))
	}
	return append(grads, nil, nil)
}

// gradSums computes the gradients of beta and gamma, [2,C].
func (n Norm) gradSums(s kernels.BatchNorm, dy *G.Node) *G.Node {
	return apply(op{name: "batch_norm_grad_sums", out: tensor.Shape{2, s.C},
		run: func(out []float32, in ...[]float32) {
			gamma, beta, mean, variance := n.params(in[2:])
			s.GradSums(out[:s.C], out[s.C:], in[0], in[1], mean, variance, gamma, beta)
		},
	}, n.inputs(n.X, dy)...)
}

// wholeSums computes what the gradient of X needs from the global batch: the mean of the
// sums over the shares. (A share of n examples of N has the gradient of its own mean loss,
// N/n times that of the global mean, and divides the sums by n instead of N: both factors
// cancel.)
func (n Norm) wholeSums(sums *G.Node) *G.Node {
	if n.Whole == nil {
		return sums
	}
	values := make([]float64, sums.Shape().TotalSize())
	return apply(op{name: "batch_norm_whole_sums", out: sums.Shape(),
		run: func(out []float32, in ...[]float32) {
			for i, v := range in[0] {
				values[i] = float64(v)
			}
			n.Whole(values)
			for i, v := range values {
				out[i] = float32(v)
			}
		},
	}, sums)
}

// grad computes the gradient of X.
func (n Norm) grad(s kernels.BatchNorm, dy, sums *G.Node) *G.Node {
	inputs := n.inputs(n.X, dy)
	if n.Batch {
		inputs = append(inputs, sums)
	}
	return apply(op{name: "batch_norm_grad", out: n.X.Shape(), reuses: 2,
		run: func(out []float32, in ...[]float32) {
			var dbeta, dgamma []float32
			if last := len(in) - 1; n.Batch {
				dbeta, dgamma, in = in[last][:s.C], in[last][s.C:], in[:last]
			}
			gamma, beta, mean, variance := n.params(in[2:])
			s.Grad(out, in[0], in[1], mean, variance, gamma, beta, dbeta, dgamma)
		},
	}, inputs...)
}

// inputs returns the given nodes followed by those of params.
func (n Norm) inputs(nodes ...*G.Node) []*G.Node {
	if n.Gamma != nil {
		nodes = append(nodes, n.Gamma)
	}
	if n.Beta != nil {
		nodes = append(nodes, n.Beta)
	}
	return append(nodes, n.Mean, n.Variance)
}

// params identifies the last inputs.
func (n Norm) params(in [][]float32) (gamma, beta, mean, variance []float32) {
	if n.Gamma != nil {
		gamma, in = in[0], in[1:]
	}
	if n.Beta != nil {
		beta, in = in[0], in[1:]
	}
	return gamma, beta, in[0], in[1]
}

func normSizes(x *G.Node) kernels.BatchNorm {
	c := x.Shape()[x.Dims()-1]
	return kernels.BatchNorm{N: x.Shape().TotalSize() / c, C: c}
}

// row is row i of x [N,C], for values without a gradient.
func row(x *G.Node, i int) *G.Node {
	c := x.Shape()[1]
	return apply(op{name: "row", out: tensor.Shape{c},
		run: func(out []float32, in ...[]float32) { copy(out, in[0][i*c:]) },
	}, x)
}
