package layer

import (
	"fmt"

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

A kernel is [height, width, channels / groups, filters]. With groups equal to the number
of channels it is a depthwise convolution.
` + paddingDoc,
	New: func(o *catalog.Options) Layer {
		l := &conv2d{groups: 1}
		o.Bind(&l.filters, "filters", "number of filters, which is the number of output channels").Required().Min(1)
		l.window.options(o)
		o.Bind(&l.groups, "groups", "number of groups that channels and filters are divided into; a filter sees the channels of its group").Min(1).Quiet()
		o.Check(func() error {
			if l.filters%l.groups != 0 {
				return fmt.Errorf("%d filters cannot be divided into %d groups", l.filters, l.groups)
			}
			return nil
		})
		l.linear.options(o, "filter", kernel{"kernel", "filters"})
		return l
	},
})

type conv2d struct {
	window
	linear
	filters, groups int
}

func (l *conv2d) Shape(in Shape) (Shape, error) {
	h, w, err := l.output(in)
	if err != nil {
		return nil, err
	}
	if in[2]%l.groups != 0 {
		return nil, fmt.Errorf("%d channels cannot be divided into %d groups", in[2], l.groups)
	}
	return Shape{h, w, l.filters}, l.checkWhitening(l.filters, l.patches(in))
}

func (l *conv2d) Weights(in Shape) []Weight {
	return l.weights(l.filters, Weight{Name: "kernel", Shape: Shape{l.size[0], l.size[1], in[2] / l.groups, l.filters}})
}

func (l *conv2d) Build(g *Graph, x *G.Node, w []*G.Node) *G.Node {
	conv := l.conv(g)
	conv.Groups = l.groups
	return l.activate(ops.Conv2D(x, w[0], l.biasOf(w), conv))
}

// Scalable implements [Scalable].
func (l *conv2d) Scalable() bool { return l.scalable() }
