package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "elu",
	Keras:   "ELU",
	Example: "elu: 0.5",
	Input:   []int{4, 3, 2},
	Doc:     "Exponential linear unit: x if x is positive, else alpha·(exp(x) - 1).",
	New: func(o *catalog.Options) Layer {
		l := &elu{alpha: 1}
		o.Bind(&l.alpha, "alpha", "scale of the negative part, which tends to -alpha")
		return l
	},
})

var _ = addFunction("elu", func(x *G.Node) *G.Node { return ops.ELU(x, 1) })

type elu struct{ alpha float64 }

func (l *elu) Shape(in Shape) (Shape, error) { return in, nil }
func (l *elu) Weights(Shape) []Weight        { return nil }

func (l *elu) Build(_ *Graph, x *G.Node, _ []*G.Node) *G.Node { return ops.ELU(x, l.alpha) }
