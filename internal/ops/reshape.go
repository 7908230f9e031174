package ops

import (
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Reshape is x in another shape of the same size.
func Reshape(x *G.Node, shape tensor.Shape) *G.Node {
	return apply(op{
		name: "reshape",
		out:  shape,
		view: true,
		grads: func(_ []*G.Node, _, dy *G.Node) []*G.Node {
			return []*G.Node{Reshape(dy, x.Shape())}
		},
	}, x)
}
