package ops

import (
	"cnntrain/internal/kernels"

	G "gorgonia.org/gorgonia"
)

// Softmax is exp(x) over its sum along the last axis.
func Softmax(x *G.Node) *G.Node {
	c := x.Shape()[x.Dims()-1]
	n := x.Shape().TotalSize() / c
	return apply(op{
		name: "softmax",
		out:  x.Shape(),
		run:  func(out []float32, in ...[]float32) { kernels.Softmax(out, in[0], n, c) },
		grads: func(_ []*G.Node, y, dy *G.Node) []*G.Node {
			return []*G.Node{apply(op{name: "softmax_grad", out: x.Shape(),
				run: func(out []float32, in ...[]float32) { kernels.SoftmaxGrad(out, in[0], in[1], n, c) },
			}, y, dy)}
		},
	}, x)
}

// inputOf returns the input of y, if y is the op with the given name.
func inputOf(y *G.Node, name string) (x *G.Node, ok bool) {
	if o, ok := y.Op().(*op); ok && o.name == name {
		return o.inputs[0], true
	}
	return nil, false
}
