package layer

import (
	"math"

	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "relu",
	Keras:   "ReLU",
	Example: "relu: {max_value: 0.5, negative_slope: 0.1, threshold: 0.25}",
	Input:   []int{4, 3, 2},
	Doc: `Rectified linear unit: max(x, 0).

With options: x up to max_value where x is above threshold, else negative_slope·(x -
threshold). ` + "`relu: 6` is MobileNet's ReLU6.",
	New: func(o *catalog.Options) Layer {
		l := &relu{}
		o.Bind(&l.max, "max_value", "the largest output; without it there is no limit").Min(0)
		o.Bind(&l.slope, "negative_slope", "the slope for values below the threshold").Min(0).Quiet()
		o.Bind(&l.threshold, "threshold", "values up to this one have the negative slope").Min(0).Quiet()
		return l
	},
})

var _ = addFunction("relu", ops.ReLU)

type relu struct {
	max              catalog.Optional
	slope, threshold float64
}

func (l *relu) Shape(in Shape) (Shape, error) { return in, nil }
func (l *relu) Weights(Shape) []Weight        { return nil }

func (l *relu) Build(_ *Graph, x *G.Node, _ []*G.Node) *G.Node {
	most := math.Inf(1)
	if len(l.max) > 0 {
		most = l.max[0]
	}
	switch {
	case math.IsInf(most, 1) && l.threshold == 0 && l.slope == 0:
		return ops.ReLU(x)
	case math.IsInf(most, 1) && l.threshold == 0:
		return ops.LeakyReLU(x, float32(l.slope))
	}
	return ops.Rectify(x, most, l.slope, l.threshold)
}
