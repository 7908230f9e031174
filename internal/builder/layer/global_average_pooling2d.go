package layer

import (
	"fmt"

	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "global_average_pooling2d",
	Keras:   "GlobalAveragePooling2D",
	Also:    []string{"GlobalAvgPool2D"},
	Example: "global_average_pooling2d",
	Input:   []int{4, 3, 2},
	Doc:     "Takes the mean of each channel over height and width.",
	New: func(o *catalog.Options) Layer {
		l := &globalAveragePooling2D{}
		l.options(o)
		return l
	},
})

type globalAveragePooling2D struct{ globalPooling }

func (l *globalAveragePooling2D) Build(_ *Graph, x *G.Node, _ []*G.Node) *G.Node {
	size := [2]int{x.Shape()[1], x.Shape()[2]}
	return l.shaped(ops.AveragePool2D(x, size, size, false))
}

// globalPooling is the common part of layers that compute one value per channel.
type globalPooling struct{ keepDims bool }

func (l *globalPooling) options(o *catalog.Options) {
	o.Bind(&l.keepDims, "keepdims", "whether to keep height and width, each with size 1")
}

func (l *globalPooling) Shape(in Shape) (Shape, error) {
	if !in.maps() {
		return nil, fmt.Errorf("needs an input of height, width and channels, got %v values", in)
	}
	if l.keepDims {
		return Shape{1, 1, in[2]}, nil
	}
	return Shape{in[2]}, nil
}

func (l *globalPooling) Weights(Shape) []Weight { return nil }

// shaped reshapes y, one value per channel, to the shape of the output.
func (l *globalPooling) shaped(y *G.Node) *G.Node {
	n := y.Shape()[0]
	c := y.Shape().TotalSize() / n
	if l.keepDims {
		return ops.Reshape(y, tensor.Shape{n, 1, 1, c})
	}
	return ops.Reshape(y, tensor.Shape{n, c})
}
