package ops

import (
	"math"

	"cnntrain/internal/kernels"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// ReLU is max(x, 0), fused with the op that computes x if possible. Then nothing reads x
// itself.
func ReLU(x *G.Node) *G.Node {
	if y := fuseReLU(x, math.Inf(1)); y != nil {
		return y
	}
	return apply(op{
		name:   "relu",
		out:    x.Shape(),
		reuses: 1,
		run:    func(out []float32, in ...[]float32) { kernels.ReLU(out, in[0]) },
		grads:  func(_ []*G.Node, y, dy *G.Node) []*G.Node { return []*G.Node{reluGrad(y, dy)} },
	}, x)
}

// fuseReLU returns min(max(x, 0), most), computed by the op that computes x, or nil.
func fuseReLU(x *G.Node, most float64) *G.Node {
	if o, ok := x.Op().(*op); ok && o.withReLU != nil {
		return o.withReLU(most)
	}
	return nil
}

// uncapped is the withReLU of ops that cannot limit their output.
func uncapped(rectified func() *G.Node) func(most float64) *G.Node {
	return func(most float64) *G.Node {
		if !math.IsInf(most, 1) {
			return nil
		}
		return rectified()
	}
}

func reluGrad(y, dy *G.Node) *G.Node {
	return apply(op{name: "relu_grad", out: dy.Shape(), reuses: 2,
		run: func(out []float32, in ...[]float32) { kernels.ReLUGrad(out, in[0], in[1]) },
		ofSum: &op{name: "relu_grad_of_sum", out: dy.Shape(), reuses: 2, either: true,
			run: func(out []float32, in ...[]float32) { kernels.ReLUGradOfSum(out, in[0], in[1], in[2]) },
		},
	}, y, dy)
}

// sumGrads converts the gradient for y [...,U] to that for the sum of which y is the value,
// or with relu the positive part, and to that for the bias, if there is one.
func sumGrads(y, dy *G.Node, relu, bias bool) (dsum, db *G.Node) {
	switch {
	case relu && bias:
		return reluGradSumRows(y, dy)
	case relu:
		return reluGrad(y, dy), nil
	case bias:
		return dy, sumRows(dy)
	}
	return dy, nil
}

// reluGradSumRows is two ops, since an op has one output, but one pass: the first computes
// sums too, which the second returns.
func reluGradSumRows(y, dy *G.Node) (dsum, db *G.Node) {
	u := dy.Shape()[dy.Dims()-1]
	n := dy.Shape().TotalSize() / u
	sums := make([]float32, u)
	dsum = apply(op{name: "relu_grad_sum_rows", out: dy.Shape(), reuses: 2,
		run: func(out []float32, in ...[]float32) {
			if &out[0] != &in[1][0] {
				copy(out, in[1])
			}
			kernels.ReLUGradSumRows(sums, out, in[0], n, u)
		},
	}, y, dy)
	db = apply(op{name: "sum_rows", out: tensor.Shape{u},
		run: func(out []float32, _ ...[]float32) { copy(out, sums) },
	}, dsum)
	return dsum, db
}
