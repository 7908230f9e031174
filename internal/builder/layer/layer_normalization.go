package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "layer_normalization",
	Keras:   "LayerNormalization",
	Example: "layer_normalization: {axis: [-2, -1]}",
	Input:   []int{3, 2, 4},
	Doc: `Normalizes the values along an axis to mean 0 and variance 1, then scales them by gamma and adds beta, which are learned.

By default the channels of each pixel are normalized, separately from all others (Ba et al.
2016). Training and inference are the same. axis can be several of the last axes;
` + "`[1, 2, 3]`" + ` is all of an example.`,
	New: func(o *catalog.Options) Layer {
		l := &layerNormalization{axis: catalog.Ints{-1}, epsilon: 0.001}
		o.Bind(&l.axis, "axis", "the axis or the axes to normalize; the batch is axis 0")
		o.Bind(&l.epsilon, "epsilon", "added to the variance to avoid division by zero").Min(0)
		l.gammaBeta.options(o)
		return l
	},
})

type layerNormalization struct {
	gammaBeta
	axis    catalog.Ints
	epsilon float64
}

func (l *layerNormalization) Shape(in Shape) (Shape, error) {
	_, err := lastAxes(l.axis, in)
	return in, err
}

func (l *layerNormalization) Weights(in Shape) []Weight {
	return l.weights(in[len(in)-mustLastAxes(l.axis, in):])
}

func (l *layerNormalization) Build(_ *Graph, x *G.Node, w []*G.Node) *G.Node {
	gamma, beta := l.nodes(w)
	return ops.LayerNorm(x, gamma, beta, mustLastAxes(l.axis, Shape(x.Shape()[1:])), l.epsilon)
}
