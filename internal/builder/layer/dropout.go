package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "dropout",
	Keras:   "Dropout",
	Example: "dropout: 0.3",
	Input:   []int{4, 3, 2},
	Doc: `Sets a random fraction of the inputs to 0 in each training step (Srivastava et al. 2014).

The remaining inputs are multiplied by 1 / (1 - rate), so that the expected sum is
unchanged. Inactive during inference.`,
	New: func(o *catalog.Options) Layer {
		l := &dropout{}
		rateOption(o, &l.rate, "fraction of the inputs to drop")
		return l
	},
})

type dropout struct {
	noise
	rate float64
}

// rateOption declares the option "rate".
func rateOption(o *catalog.Options, into *float64, doc string) {
	o.Bind(into, "rate", doc).Required().Min(0).Below(1)
}

func (l *dropout) Build(g *Graph, x *G.Node, _ []*G.Node) *G.Node {
	if !g.Training || l.rate == 0 {
		return x
	}
	return ops.Dropout(x, l.rate, g.key(Shape(x.Shape()[1:]).Size()))
}
