package layer

import (
	"fmt"
	"slices"

	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "permute",
	Keras:   "Permute",
	Example: "permute: [3, 1, 2]",
	Input:   []int{4, 3, 2},
	Doc: `Puts the axes of each example in another order.

` + "`permute: [2, 1, 3]`" + ` exchanges height and width.`,
	New: func(o *catalog.Options) Layer {
		l := &permute{}
		o.Bind(&l.dims, "dims", "the axes of the input in their new order, counted from 1").Required().Min(1)
		o.Check(func() error {
			for i := range l.dims {
				if !slices.Contains(l.dims, i+1) {
					return fmt.Errorf("dims %v must have each axis from 1 to %d once", []int(l.dims), len(l.dims))
				}
			}
			return nil
		})
		return l
	},
})

type permute struct{ dims catalog.Ints }

func (l *permute) Shape(in Shape) (Shape, error) {
	if len(l.dims) != len(in) {
		return nil, fmt.Errorf("dims %v name %d axes, and the input of %v has %d", []int(l.dims), len(l.dims), in, len(in))
	}
	var out Shape
	for _, axis := range l.dims {
		out = append(out, in[axis-1])
	}
	return out, nil
}

func (l *permute) Weights(Shape) []Weight { return nil }

func (l *permute) Build(_ *Graph, x *G.Node, _ []*G.Node) *G.Node {
	var order []int
	for _, axis := range l.dims {
		order = append(order, axis-1)
	}
	return ops.Permute(x, order)
}
