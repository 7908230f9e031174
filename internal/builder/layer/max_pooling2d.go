package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "max_pooling2d",
	Keras:   "MaxPooling2D",
	Example: "max_pooling2d: 2",
	Input:   []int{6, 5, 2},
	Doc: `Keeps the largest value of each window, channel by channel.

` + paddingDoc,
	New: func(o *catalog.Options) Layer {
		l := &maxPooling2D{window{size: catalog.Pair{2, 2}, padding: "valid"}}
		o.Bind(&l.size, "pool_size", "height and width of the window").Min(1)
		o.Bind(&l.strides, "strides", "steps of the window; pool_size unless given").Min(1)
		o.Bind(&l.padding, "padding", "cells around the input that never win").OneOf("valid", "same")
		return l
	},
})

type maxPooling2D struct{ window }

// steps is the window with its strides filled in.
func (l *maxPooling2D) steps() window {
	w := l.window
	if w.strides == (catalog.Pair{}) {
		w.strides = w.size
	}
	return w
}

func (l *maxPooling2D) Shape(in Shape) (Shape, error) {
	h, w, err := l.steps().output(in)
	if err != nil {
		return nil, err
	}
	return Shape{h, w, in[2]}, nil
}

func (l *maxPooling2D) Weights(Shape) []Weight { return nil }

func (l *maxPooling2D) Build(_ *Graph, x *G.Node, _ []*G.Node) *G.Node {
	w := l.steps()
	return ops.MaxPool2D(x, w.size, w.strides, w.padding == "same")
}
