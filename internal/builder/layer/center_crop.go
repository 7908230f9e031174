package layer

import (
	"cnntrain/internal/catalog"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "center_crop",
	Keras:   "CenterCrop",
	Example: "center_crop: {height: 3, width: 2}",
	Input:   []int{5, 4, 2},
	Doc: `Crops each image to its centre, in training and inference.

If an image is smaller than the output, the largest centred crop with the output's aspect
ratio is resized to it.`,
	New: func(o *catalog.Options) Layer {
		l := &centerCrop{}
		l.sized.options(o)
		return l
	},
})

type centerCrop struct{ sized }

func (l *centerCrop) Build(_ *Graph, x *G.Node, _ []*G.Node) *G.Node {
	h, w := x.Shape()[1], x.Shape()[2]
	if h < l.height || w < l.width {
		return smartResize(x, l.height, l.width, "bilinear", false)
	}
	return crop(x, l.height, l.width, (h-l.height)/2, (w-l.width)/2)
}
