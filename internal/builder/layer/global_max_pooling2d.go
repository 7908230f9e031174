package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "global_max_pooling2d",
	Keras:   "GlobalMaxPooling2D",
	Also:    []string{"GlobalMaxPool2D"},
	Example: "global_max_pooling2d",
	Input:   []int{4, 3, 2},
	Doc:     "Takes the maximum of each channel over height and width.",
	New: func(o *catalog.Options) Layer {
		l := &globalMaxPooling2D{}
		l.options(o)
		return l
	},
})

type globalMaxPooling2D struct{ globalPooling }

func (l *globalMaxPooling2D) Build(_ *Graph, x *G.Node, _ []*G.Node) *G.Node {
	return l.shaped(ops.GlobalMaxPool(x))
}
