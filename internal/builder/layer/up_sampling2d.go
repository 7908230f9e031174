package layer

import (
	"fmt"

	"cnntrain/internal/catalog"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "up_sampling2d",
	Keras:   "UpSampling2D",
	Example: "up_sampling2d: {size: [2, 3], interpolation: bilinear}",
	Input:   []int{4, 3, 2},
	Doc:     "Multiplies height and width, by repeating rows and columns or by interpolation.",
	New: func(o *catalog.Options) Layer {
		l := &upSampling2D{catalog.Pair{2, 2}, "nearest"}
		o.Bind(&l.size, "size", "factors for height and width").Min(1)
		interpolationOption(o, &l.interpolation)
		return l
	},
})

type upSampling2D struct {
	size          catalog.Pair
	interpolation string
}

func (l *upSampling2D) Shape(in Shape) (Shape, error) {
	if !in.maps() {
		return nil, fmt.Errorf("needs an input of height, width and channels, got %v values", in)
	}
	return Shape{l.size[0] * in[0], l.size[1] * in[1], in[2]}, nil
}

func (l *upSampling2D) Weights(Shape) []Weight { return nil }

func (l *upSampling2D) Build(_ *Graph, x *G.Node, _ []*G.Node) *G.Node {
	return resize(x, l.size[0]*x.Shape()[1], l.size[1]*x.Shape()[2], l.interpolation, false)
}
