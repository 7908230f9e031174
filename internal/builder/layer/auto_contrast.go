package layer

import (
	"fmt"

	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"
	"cnntrain/internal/random"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "auto_contrast",
	Keras:   "AutoContrast",
	Example: "auto_contrast",
	Input:   []int{4, 3, 2},
	Doc: `Stretches the values of each channel of an image so that they fill value_range.

A channel of one value stays as it is. Active in training and during inference.`,
	New: func(o *catalog.Options) Layer {
		l := &autoContrast{valueRange: catalog.Range{0, 255}}
		valueRangeOption(o, &l.valueRange)
		return l
	},
})

type autoContrast struct{ valueRange catalog.Range }

func (*autoContrast) Shape(in Shape) (Shape, error) {
	if !in.maps() {
		return nil, fmt.Errorf("needs images of height, width and channels, got %v values", in)
	}
	return in, nil
}

func (*autoContrast) Weights(Shape) []Weight { return nil }

func (l *autoContrast) values(in Values) (Values, error) { return in, checkValues(l.valueRange, in) }

func (l *autoContrast) Build(_ *Graph, x *G.Node, _ []*G.Node) *G.Node {
	return l.change().Apply(x, func([]float32) {})
}

func (l *autoContrast) change() ops.Change {
	return ops.AutoContrast(float32(l.valueRange[0]), float32(l.valueRange[1]))
}

func (*autoContrast) draw(random.Stream, int, Shape, []float32) {}
