package layer

import (
	"fmt"

	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "zero_padding2d",
	Keras:   "ZeroPadding2D",
	Example: "zero_padding2d: [[1, 0], [2, 1]]",
	Input:   []int{4, 3, 2},
	Doc:     "Pads an image with rows and columns of zeros.",
	New: func(o *catalog.Options) Layer {
		l := &zeroPadding2D{catalog.Sides{{1, 1}, {1, 1}}}
		o.Bind(&l.padding, "padding", "number of rows and columns of zeros").Min(0)
		return l
	},
})

type zeroPadding2D struct{ padding catalog.Sides }

func (l *zeroPadding2D) Shape(in Shape) (Shape, error) {
	if !in.maps() {
		return nil, fmt.Errorf("needs an input of height, width and channels, got %v values", in)
	}
	rows, columns := l.padding[0], l.padding[1]
	return Shape{rows[0] + in[0] + rows[1], columns[0] + in[1] + columns[1], in[2]}, nil
}

func (l *zeroPadding2D) Weights(Shape) []Weight { return nil }

func (l *zeroPadding2D) Build(_ *Graph, x *G.Node, _ []*G.Node) *G.Node {
	return ops.Pad2D(x, l.padding[0], l.padding[1])
}
