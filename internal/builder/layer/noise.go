package layer

import (
	"cnntrain/internal/ops"
	"cnntrain/internal/random"

	G "gorgonia.org/gorgonia"
)

// noise is the common part of layers that change values at random in training and are the
// identity in inference.
type noise struct{}

func (noise) Shape(in Shape) (Shape, error) { return in, nil }
func (noise) Weights(Shape) []Weight        { return nil }
func (noise) trainsOnly()                   {}

// TrainsOnly reports whether l is the identity in inference, whatever its options.
func TrainsOnly(l Layer) bool {
	_, ok := As[interface{ trainsOnly() }](l)
	return ok
}

// drawn adds an elementwise function with random numbers: f(r, i, v) maps value v at index i
// of the global batch, grad maps the gradient of the output. Both use r, the random stream of
// the step.
func drawn(g *Graph, name string, x *G.Node, f, grad func(r random.Stream, i uint64, v float32) float32) *G.Node {
	var r random.Stream
	size := Shape(x.Shape()[1:]).Size()
	at := func(f func(r random.Stream, i uint64, v float32) float32) func(i int, v float32) float32 {
		return func(i int, v float32) float32 { return f(r, uint64(g.position(i/size)*size+i%size), v) }
	}
	begin := func() { r = g.Random() }
	return ops.ByIndex(name, x, begin, at(f), at(grad))
}
