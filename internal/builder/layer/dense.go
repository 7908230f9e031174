package layer

import (
	"fmt"

	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "dense",
	Keras:   "Dense",
	Example: "dense: {units: 3, activation: relu}",
	Input:   []int{7},
	Doc: `Fully connected layer: y = x·kernel + bias.

The input must be flat; put flatten before it.`,
	New: func(o *catalog.Options) Layer {
		l := &dense{}
		o.Bind(&l.units, "units", "number of outputs").Required().Min(1)
		l.options(o, "unit", kernel{"kernel", "kernel"})
		return l
	},
})

type dense struct {
	linear
	units int
}

func (l *dense) Shape(in Shape) (Shape, error) {
	if len(in) == 3 && in[0]*in[1] == 1 { // in squeeze and excitation, flatten leads nowhere
		return nil, fmt.Errorf("needs a flat input, got %v; put flatten in front of it, or, in a path of multiply or add, use conv2d with kernel_size: 1 in its place", in)
	}
	if len(in) != 1 {
		return nil, fmt.Errorf("needs a flat input, got %v; put flatten in front of it", in)
	}
	return Shape{l.units}, l.checkWhitening(l.units, l.patches(in))
}

func (l *dense) Weights(in Shape) []Weight {
	return l.weights(l.units, Weight{Name: "kernel", Shape: Shape{in[0], l.units}})
}

func (l *dense) Build(g *Graph, x *G.Node, w []*G.Node) *G.Node {
	product := ops.Dense
	if g.Alike {
		product = ops.DenseAlike
	}
	return l.activate(product(x, w[0], l.biasOf(w)))
}

// Scalable implements [Scalable].
func (l *dense) Scalable() bool { return l.scalable() }
