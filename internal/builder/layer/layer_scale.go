package layer

import (
	"fmt"

	"cnntrain/internal/builder/initializer"
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "layer_scale",
	Keras:   "LayerScale",
	Example: "layer_scale: {init_values: 0.5, projection_dim: 2}",
	Input:   []int{4, 3, 2},
	Doc: `Multiplies each channel by a weight of its own, at the end of a residual path (Touvron et al. 2021).

The name is that of keras.applications, whose ConvNeXt has this layer.`,
	New: func(o *catalog.Options) Layer {
		l := &layerScale{}
		o.Bind(&l.init, "init_values", "initial value of the weights").Required()
		o.Bind(&l.channels, "projection_dim", "number of channels of the input").Required().Min(1)
		return l
	},
})

type layerScale struct {
	init     float64
	channels int
}

func (l *layerScale) Shape(in Shape) (Shape, error) {
	if c := in[len(in)-1]; c != l.channels {
		return nil, fmt.Errorf("projection_dim is %d, and the input has %d channels", l.channels, c)
	}
	return in, nil
}

func (l *layerScale) Weights(Shape) []Weight {
	return []Weight{{Name: "gamma", Shape: Shape{l.channels}, Init: initializer.Constant(l.init), Trainable: true}}
}

func (l *layerScale) Build(_ *Graph, x *G.Node, weights []*G.Node) *G.Node {
	return ops.ScaleChannels(x, weights[0])
}
