package ops

import (
	"cnntrain/internal/kernels"

	G "gorgonia.org/gorgonia"
)

// ScaleExamples multiplies each example n of x by scale(n); where that is 0, the result is 0.
// begin is called before each pass; scale may be called concurrently.
func ScaleExamples(name string, x *G.Node, begin func(), scale func(n int) float32) *G.Node {
	n := x.Shape()[0]
	size := x.Shape()[1:].TotalSize()
	run := func(out []float32, in ...[]float32) {
		begin()
		kernels.ScaleExamples(out, in[0], n, size, scale)
	}
	return apply(op{
		name: name, out: x.Shape(), reuses: 1, run: run,
		grads: func(_ []*G.Node, _, dy *G.Node) []*G.Node {
			return []*G.Node{apply(op{name: name + "_grad", out: x.Shape(), reuses: 1, run: run}, dy)}
		},
	}, x)
}
