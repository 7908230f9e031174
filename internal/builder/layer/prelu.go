package layer

import (
	"fmt"
	"slices"

	"cnntrain/internal/builder/initializer"
	"cnntrain/internal/builder/regularizer"
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "prelu",
	Keras:   "PReLU",
	Example: "prelu: {shared_axes: [1, 2], alpha_initializer: ones}",
	Input:   []int{4, 3, 2},
	Doc: `Rectified linear unit with a learned slope for negative values (He et al. 2015).

Each value of an example has its own slope, alpha. With ` + "`shared_axes: [1, 2]`" + ` all values of a
channel share one.`,
	New: func(o *catalog.Options) Layer {
		l := &prelu{}
		initializerOption(o, &l.init, "alpha_initializer", "zeros", "initial values of the slopes")
		regularizerOption(o, &l.penalty, "alpha_regularizer", "penalty on the slopes")
		o.Bind(&l.shared, "shared_axes", "axes along which all values share a slope; the first axis of an example is 1").Min(1)
		return l
	},
})

type prelu struct {
	init    initializer.Initializer
	penalty regularizer.Regularizer
	shared  catalog.Ints
}

func (l *prelu) Shape(in Shape) (Shape, error) {
	for _, axis := range l.shared {
		if axis > len(in) {
			return nil, fmt.Errorf("an input of %v has no axis %d for shared_axes", in, axis)
		}
	}
	return in, nil
}

func (l *prelu) Weights(in Shape) []Weight {
	shape := slices.Clone(in)
	for _, axis := range l.shared {
		shape[axis-1] = 1
	}
	return []Weight{{"alpha", shape, l.init, true, l.penalty}}
}

func (l *prelu) Build(_ *Graph, x *G.Node, w []*G.Node) *G.Node { return ops.PReLU(x, w[0]) }
