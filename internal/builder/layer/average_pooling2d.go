package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "average_pooling2d",
	Keras:   "AveragePooling2D",
	Also:    []string{"AvgPool2D"},
	Example: "average_pooling2d: 2",
	Input:   []int{6, 5, 2},
	Doc: `Takes the mean of each window, separately for each channel.

` + paddingDoc + ` These zeros do not count in the mean.`,
	New: func(o *catalog.Options) Layer {
		l := &averagePooling2D{pooling{window{padding: "valid"}}}
		l.options(o, "padding around the input, not counted in the mean").Required()
		return l
	},
})

type averagePooling2D struct{ pooling }

func (l *averagePooling2D) Build(_ *Graph, x *G.Node, _ []*G.Node) *G.Node {
	w := l.steps()
	return ops.AveragePool2D(x, w.size, w.strides, w.padding == "same")
}
