package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "leaky_relu",
	Keras:   "LeakyReLU",
	Example: "leaky_relu: 0.1",
	Input:   []int{4, 3, 2},
	Doc: `Rectified linear unit that multiplies negative values by a slope.

As in Keras, the slope is 0.2 in ` + "`activation: leaky_relu`" + `.`,
	New: func(o *catalog.Options) Layer {
		l := &leakyReLU{0.3}
		o.Bind(&l.slope, "negative_slope", "the slope for negative values").Min(0)
		return l
	},
})

var _ = addFunction("leaky_relu", func(x *G.Node) *G.Node { return ops.LeakyReLU(x, 0.2) })

type leakyReLU struct{ slope float64 }

func (l *leakyReLU) Shape(in Shape) (Shape, error) { return in, nil }
func (l *leakyReLU) Weights(Shape) []Weight        { return nil }

func (l *leakyReLU) Build(_ *Graph, x *G.Node, _ []*G.Node) *G.Node {
	return ops.LeakyReLU(x, float32(l.slope))
}
