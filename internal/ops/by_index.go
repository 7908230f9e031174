package ops

import (
	"cnntrain/internal/kernels"

	G "gorgonia.org/gorgonia"
)

// ByIndex applies f(i, x[i]) to each value of x; its gradient is grad(i, dy[i]). begin is called
// before each pass; f and grad may be called concurrently.
func ByIndex(name string, x *G.Node, begin func(), f, grad func(i int, v float32) float32) *G.Node {
	run := func(f func(i int, v float32) float32) func(out []float32, in ...[]float32) {
		return func(out []float32, in ...[]float32) {
			begin()
			kernels.ByIndex(out, in[0], f)
		}
	}
	return apply(op{
		name: name, out: x.Shape(), reuses: 1, run: run(f),
		grads: func(_ []*G.Node, _, dy *G.Node) []*G.Node {
			return []*G.Node{apply(op{name: name + "_grad", out: x.Shape(), reuses: 1, run: run(grad)}, dy)}
		},
	}, x)
}
