package layer

import (
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "rescaling",
	Keras:   "Rescaling",
	Example: "rescaling: 1/255",
	Input:   []int{4, 3, 2},
	Doc: `Computes x·scale + offset, in training and inference.

As the first layer, ` + "`rescaling: 1/255`" + ` maps pixels from 0–255 to 0–1.`,
	New: func(o *catalog.Options) Layer {
		l := &rescaling{}
		o.Bind(&l.scale, "scale", "the factor; may be a fraction such as 1/255").Required()
		o.Bind(&l.offset, "offset", "added after scaling")
		return l
	},
})

type rescaling struct{ scale, offset float64 }

func (l *rescaling) Shape(in Shape) (Shape, error) { return in, nil }
func (l *rescaling) Weights(Shape) []Weight        { return nil }

func (l *rescaling) Build(_ *Graph, x *G.Node, _ []*G.Node) *G.Node {
	return ops.Affine(x, float32(l.scale), float32(l.offset))
}
