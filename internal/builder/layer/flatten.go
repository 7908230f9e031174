package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "flatten",
	Keras:   "Flatten",
	Example: "flatten",
	Input:   []int{3, 2, 2},
	Doc:     "Flattens each example to one axis, in row-major order (the last axis varies fastest).",
	New:     func(*catalog.Options) Layer { return flatten{} },
})

type flatten struct{}

func (flatten) Shape(in Shape) (Shape, error) { return Shape{in.Size()}, nil }
func (flatten) Weights(Shape) []Weight        { return nil }

func (flatten) Build(_ *Graph, x *G.Node, _ []*G.Node) *G.Node {
	s := x.Shape()
	return ops.Reshape(x, tensor.Shape{s[0], s.TotalSize() / s[0]})
}
