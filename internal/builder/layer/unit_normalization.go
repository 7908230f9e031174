package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "unit_normalization",
	Keras:   "UnitNormalization",
	Example: "unit_normalization",
	Input:   []int{3, 2, 4},
	Doc:     "Divides the values along an axis by their Euclidean norm, so that it is 1.",
	New: func(o *catalog.Options) Layer {
		l := &unitNormalization{catalog.Ints{-1}}
		o.Bind(&l.axis, "axis", "the axis or the axes to normalize; the batch is axis 0")
		return l
	},
})

type unitNormalization struct{ axis catalog.Ints }

func (l *unitNormalization) Shape(in Shape) (Shape, error) {
	_, err := lastAxes(l.axis, in)
	return in, err
}

func (l *unitNormalization) Weights(Shape) []Weight { return nil }

func (l *unitNormalization) Build(_ *Graph, x *G.Node, _ []*G.Node) *G.Node {
	return ops.UnitNorm(x, mustLastAxes(l.axis, Shape(x.Shape()[1:])))
}
