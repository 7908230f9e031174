package layer

import (
	"errors"
	"fmt"
	"slices"

	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "reshape",
	Keras:   "Reshape",
	Example: "reshape: [3, -1, 4]",
	Input:   []int{4, 3, 2},
	Doc: `Gives the values of each example another shape, in the same order.

One size may be -1, which is what remains.`,
	New: func(o *catalog.Options) Layer {
		l := &reshape{}
		o.Bind(&l.target, "target_shape", "the shape of one example, such as [1, 1, 64]").Required().Min(-1)
		o.Check(func() error {
			if slices.Contains(l.target, 0) || len(l.target) > 3 {
				return fmt.Errorf("target_shape %v must have one to three sizes of at least 1, or -1 for what remains", []int(l.target))
			}
			if i := slices.Index(l.target, -1); i >= 0 && slices.Contains(l.target[i+1:], -1) {
				return errors.New("only one size of target_shape can be -1")
			}
			return nil
		})
		return l
	},
})

type reshape struct{ target catalog.Ints }

func (l *reshape) Shape(in Shape) (Shape, error) {
	out, size := slices.Clone(Shape(l.target)), in.Size()
	if i := slices.Index(out, -1); i >= 0 {
		out[i] = size / -out.Size()
	}
	if out.Size() != size {
		return nil, fmt.Errorf("%v are %d values, which do not fill the shape %v", in, size, []int(l.target))
	}
	return out, nil
}

func (l *reshape) Weights(Shape) []Weight { return nil }

func (l *reshape) Build(_ *Graph, x *G.Node, _ []*G.Node) *G.Node {
	xs := x.Shape()
	out, err := l.Shape(Shape(xs[1:]))
	if err != nil {
		panic(err) // Shape accepted it
	}
	return ops.Reshape(x, append(tensor.Shape{xs[0]}, out...))
}
