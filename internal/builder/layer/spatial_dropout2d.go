package layer

import (
	"fmt"

	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "spatial_dropout2d",
	Keras:   "SpatialDropout2D",
	Example: "spatial_dropout2d: 0.3",
	Input:   []int{4, 3, 5},
	Doc: `Sets a random fraction of the channels to 0 in each training step (Tompson et al. 2014).

For feature maps, whose neighbouring values are strongly correlated. The remaining
channels are multiplied by 1 / (1 - rate). Inactive during inference.`,
	New: func(o *catalog.Options) Layer {
		l := &spatialDropout2D{}
		rateOption(o, &l.rate, "fraction of the channels to drop")
		return l
	},
})

type spatialDropout2D struct {
	noise
	rate float64
}

func (l *spatialDropout2D) Shape(in Shape) (Shape, error) {
	if !in.maps() {
		return nil, fmt.Errorf("needs an input of height, width and channels, got %v values; use dropout", in)
	}
	return in, nil
}

func (l *spatialDropout2D) Build(g *Graph, x *G.Node, _ []*G.Node) *G.Node {
	if !g.Training || l.rate == 0 {
		return x
	}
	return ops.SpatialDropout2D(x, l.rate, g.key(x.Shape()[3]))
}
