package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "max_pooling2d",
	Keras:   "MaxPooling2D",
	Also:    []string{"MaxPool2D"},
	Example: "max_pooling2d: 2",
	Input:   []int{6, 5, 2},
	Doc: `Takes the maximum of each window, separately for each channel.

` + paddingDoc,
	New: func(o *catalog.Options) Layer {
		l := &maxPooling2D{pooling{window{size: catalog.Pair{2, 2}, padding: "valid"}}}
		l.options(o, "padding around the input, never the maximum")
		return l
	},
})

type maxPooling2D struct{ pooling }

func (l *maxPooling2D) Build(_ *Graph, x *G.Node, _ []*G.Node) *G.Node {
	w := l.steps()
	return ops.MaxPool2D(x, w.size, w.strides, w.padding == "same")
}

// pooling is the common part of layers that reduce each window to one value.
type pooling struct{ window }

func (l *pooling) options(o *catalog.Options, paddingDoc string) (size *catalog.Field) {
	size = o.Bind(&l.size, "pool_size", "height and width of the window").Min(1)
	o.Bind(&l.strides, "strides", "stride of the window; default: pool_size").Min(1)
	o.Bind(&l.padding, "padding", paddingDoc).OneOf("valid", "same")
	return size
}

// steps returns the window with its strides filled in.
func (l *pooling) steps() window {
	w := l.window
	if w.strides == (catalog.Pair{}) {
		w.strides = w.size
	}
	return w
}

func (l *pooling) Shape(in Shape) (Shape, error) {
	h, w, err := l.steps().output(in)
	if err != nil {
		return nil, err
	}
	return Shape{h, w, in[2]}, nil
}

func (l *pooling) Weights(Shape) []Weight { return nil }
