package ops

import (
	"cnntrain/internal/kernels"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Dense is x [N,F] times w [F,U], plus b [U] unless that is nil.
func Dense(x, w, b *G.Node) *G.Node { return dense(x, w, b, kernels.Dense, false) }

// DenseAlike is [Dense] with the same result for an example in every batch.
func DenseAlike(x, w, b *G.Node) *G.Node { return dense(x, w, b, kernels.DenseAlike, false) }

func dense(x, w, b *G.Node, forward func(out, x, w, b []float32, n, f, u int, relu bool), relu bool) *G.Node {
	n, f, u := x.Shape()[0], w.Shape()[0], w.Shape()[1]
	in := []*G.Node{x, w}
	if b != nil {
		in = append(in, b)
	}
	o := op{
		name: "dense",
		out:  tensor.Shape{n, u}, flops: 2 * n * f * u,
		run: func(out []float32, in ...[]float32) {
			var bias []float32
			if len(in) == 3 {
				bias = in[2]
			}
			forward(out, in[0], in[1], bias, n, f, u, relu)
		},
		grads: func(in []*G.Node, y, dy *G.Node) []*G.Node {
			dsum, db := sumGrads(y, dy, relu, b != nil)
			grads := []*G.Node{denseGradX(dsum, w), denseGradW(x, dsum)}
			if b != nil {
				grads = append(grads, db)
			}
			return grads
		},
	}
	if !relu {
		o.withReLU = uncapped(func() *G.Node { return dense(x, w, b, forward, true) })
	}
	return apply(o, in...)
}

func denseGradX(dy, w *G.Node) *G.Node {
	n, f, u := dy.Shape()[0], w.Shape()[0], w.Shape()[1]
	return apply(op{name: "dense_grad_x", out: tensor.Shape{n, f}, flops: 2 * n * f * u,
		run: func(out []float32, in ...[]float32) { kernels.DenseGradX(out, in[0], in[1], n, f, u) },
	}, dy, w)
}

func denseGradW(x, dy *G.Node) *G.Node {
	n, f, u := x.Shape()[0], x.Shape()[1], dy.Shape()[1]
	return apply(op{name: "dense_grad_w", out: tensor.Shape{f, u}, flops: 2 * n * f * u,
		run: func(out []float32, in ...[]float32) { kernels.DenseGradW(out, in[0], in[1], n, f, u) },
	}, x, dy)
}

// sumRows sums x [...,U] over all but the last axis: the gradient of a bias.
func sumRows(x *G.Node) *G.Node {
	u := x.Shape()[x.Dims()-1]
	n := x.Shape().TotalSize() / u
	return apply(op{name: "sum_rows", out: tensor.Shape{u},
		run: func(out []float32, in ...[]float32) { kernels.SumRows(out, in[0], n, u) },
	}, x)
}
