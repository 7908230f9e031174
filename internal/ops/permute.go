package ops

import (
	"cnntrain/internal/kernels"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Permute is x [N,...], of up to four axes, with the axes behind the batch in another
// order: axis i of an example of the output is axis order[i] of one of x, counted from 0.
func Permute(x *G.Node, order []int) *G.Node {
	xs := x.Shape()
	s := kernels.Permutation{N: xs[0], In: [3]int{1, 1, 1}, Order: [3]int{0, 1, 2}}
	add := 3 - len(order) // axes of size 1 in front
	out, back := tensor.Shape{xs[0]}, make([]int, len(order))
	for i, axis := range order {
		s.In[add+i], s.Order[add+i] = xs[1+i], add+axis
		out = append(out, xs[1+axis])
		back[axis] = i
	}
	return apply(op{
		name: "permute", out: out,
		run:   func(out []float32, in ...[]float32) { kernels.Permute(out, in[0], s) },
		grads: func(_ []*G.Node, _, dy *G.Node) []*G.Node { return []*G.Node{Permute(dy, back)} },
	}, x)
}
