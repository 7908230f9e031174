package layer

import (
	"fmt"

	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "cropping2d",
	Keras:   "Cropping2D",
	Example: "cropping2d: [[1, 0], [2, 1]]",
	Input:   []int{4, 5, 2},
	Doc:     "Removes rows and columns from the sides of an image.",
	New: func(o *catalog.Options) Layer {
		l := &cropping2D{}
		o.Bind(&l.cropping, "cropping", "number of rows and columns to remove").Min(0)
		return l
	},
})

type cropping2D struct{ cropping catalog.Sides }

func (l *cropping2D) Shape(in Shape) (Shape, error) {
	if !in.maps() {
		return nil, fmt.Errorf("needs an input of height, width and channels, got %v values", in)
	}
	rows, columns := l.cropping[0], l.cropping[1]
	out := Shape{in[0] - rows[0] - rows[1], in[1] - columns[0] - columns[1], in[2]}
	if out[0] < 1 || out[1] < 1 {
		return nil, fmt.Errorf("removes %d rows and %d columns, which is all of an input of %v", rows[0]+rows[1], columns[0]+columns[1], in)
	}
	return out, nil
}

func (l *cropping2D) Weights(Shape) []Weight { return nil }

func (l *cropping2D) Build(_ *Graph, x *G.Node, _ []*G.Node) *G.Node {
	return ops.Crop2D(x, l.cropping[0], l.cropping[1])
}
