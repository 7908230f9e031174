package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "conv2d",
	Keras:   "Conv2D",
	Also:    []string{"Convolution2D"},
	Example: "conv2d: {filters: 3, kernel_size: 3, activation: relu}",
	Input:   []int{6, 5, 2},
	Doc: `2D convolution: each output is the sum over a window of inputs times filter weights, plus a bias.

` + paddingDoc,
	New: func(o *catalog.Options) Layer {
		l := &conv2d{}
		o.Bind(&l.filters, "filters", "number of filters, which is the number of output channels").Required().Min(1)
		l.window.options(o)
		l.linear.options(o, "filter", kernel{"kernel", "filters"})
		return l
	},
})

type conv2d struct {
	window
	linear
	filters int
}

func (l *conv2d) Shape(in Shape) (Shape, error) {
	h, w, err := l.output(in)
	if err != nil {
		return nil, err
	}
	return Shape{h, w, l.filters}, nil
}

func (l *conv2d) Weights(in Shape) []Weight {
	return l.weights(l.filters, Weight{Name: "kernel", Shape: Shape{l.size[0], l.size[1], in[2], l.filters}})
}

func (l *conv2d) Build(g *Graph, x *G.Node, w []*G.Node) *G.Node {
	conv := ops.Conv{Strides: l.strides, Same: l.padding == "same", Direct: g.Direct}
	return l.activate(ops.Conv2D(x, w[0], l.biasOf(w), conv))
}
