package ops

import (
	"cnntrain/internal/kernels"

	G "gorgonia.org/gorgonia"
)

// Dropout sets values of x to 0 with probability rate and scales the others by 1/(1-rate).
// key is called in each run; equal keys give equal masks.
func Dropout(x *G.Node, rate float64, key func() uint64) *G.Node {
	return drop("dropout", x, func(out, x []float32) { kernels.Dropout(out, x, key(), rate) })
}

// DropoutKey returns the key whose mask from value 0 on is that of key from value first on.
func DropoutKey(key uint64, first int) uint64 { return kernels.DropoutKey(key, first) }

// SpatialDropout2D is Dropout of whole channels of x [N,H,W,C].
func SpatialDropout2D(x *G.Node, rate float64, key func() uint64) *G.Node {
	s := x.Shape()
	return drop("spatial_dropout2d", x, func(out, x []float32) {
		kernels.SpatialDropout2D(out, x, key(), rate, s[0], s[1]*s[2], s[3])
	})
}

// drop is an op whose gradient is the same op on the gradient.
func drop(name string, x *G.Node, run func(out, x []float32)) *G.Node {
	return apply(op{
		name:   name,
		out:    x.Shape(),
		reuses: 1,
		run:    func(out []float32, in ...[]float32) { run(out, in[0]) },
		grads: func(_ []*G.Node, _, dy *G.Node) []*G.Node {
			return []*G.Node{drop(name+"_grad", dy, run)}
		},
	}, x)
}
