package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "local_response_normalization",
	Keras:   "LocalResponseNormalization",
	Example: "local_response_normalization: {depth_radius: 2, bias: 2, alpha: 0.5, beta: 0.75}",
	Input:   []int{2, 3, 7},
	Doc: `Divides each value by (bias + alpha·Σx²)^beta, with the sum over neighbouring channels.

Part of AlexNet (Krizhevsky, Sutskever and Hinton 2012: radius 2, bias 2, alpha
0.0001, beta 0.75). Keras itself has no such class: files for Keras need the one that
docs/KERAS.md defines. Names, defaults and meaning are those of
` + "`tf.nn.local_response_normalization`" + `.`,
	New: func(o *catalog.Options) Layer {
		l := &localResponseNormalization{5, 1, 1, 0.5}
		o.Bind(&l.radius, "depth_radius", "the sum covers this many channels on each side").Min(0)
		o.Bind(&l.bias, "bias", "added to the sum to avoid division by zero").Above(0)
		o.Bind(&l.alpha, "alpha", "factor of the sum").Min(0)
		o.Bind(&l.beta, "beta", "exponent")
		return l
	},
})

type localResponseNormalization struct {
	radius            int
	bias, alpha, beta float64
}

func (l *localResponseNormalization) Shape(in Shape) (Shape, error) { return in, nil }
func (l *localResponseNormalization) Weights(Shape) []Weight        { return nil }

func (l *localResponseNormalization) Build(_ *Graph, x *G.Node, _ []*G.Node) *G.Node {
	return ops.LocalResponseNorm(x, l.radius, l.bias, l.alpha, l.beta)
}
