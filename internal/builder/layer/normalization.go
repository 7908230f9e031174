package layer

import (
	"fmt"

	"cnntrain/internal/builder/initializer"
	"cnntrain/internal/catalog"
	"cnntrain/internal/ops"

	G "gorgonia.org/gorgonia"
)

var _ = Layers.Add(catalog.Entry[Layer]{
	Name:    "normalization",
	Keras:   "Normalization",
	Example: "normalization: {mean: [0.4, 0.5], variance: [0.04, 0.09]}",
	Input:   []int{4, 3, 2},
	Doc: `Subtracts a mean from each channel and divides it by a standard deviation, which are fixed: (x - mean) / √variance.

Without mean and variance, those of what the layer gets of the training data, without
augmentation, are computed before the first step and kept as weights; imported models and
weights of ` + "`--weights`" + ` have theirs.`,
	New: func(o *catalog.Options) Layer {
		l := &normalization{axis: catalog.Ints{-1}}
		o.Bind(&l.mean, "mean", "mean, one for all channels or one per channel")
		o.Bind(&l.variance, "variance", "variance, one for all channels or one per channel").Min(0)
		o.Bind(&l.axis, "axis", "the axis of the channels, which is the last one").Quiet()
		o.Bind(&l.invert, "invert", "whether to undo the normalization: x·√variance + mean").Quiet()
		o.Check(func() error {
			if len(l.mean) != len(l.variance) {
				return fmt.Errorf("mean has %d values and variance %d; give both, with as many", len(l.mean), len(l.variance))
			}
			return nil
		})
		return l
	},
})

type normalization struct {
	mean, variance catalog.Floats // empty: weights
	axis           catalog.Ints
	invert         bool
}

func (l *normalization) Shape(in Shape) (Shape, error) {
	if n, err := lastAxes(l.axis, in); err != nil {
		return nil, err
	} else if n != 1 {
		return nil, fmt.Errorf("axis must be that of the channels, -1, got %v", []int(l.axis))
	}
	if n, c := len(l.mean), in[len(in)-1]; n > 1 && n != c {
		return nil, fmt.Errorf("mean and variance have %d values for %d channels", n, c)
	}
	return in, nil
}

func (l *normalization) Weights(in Shape) []Weight {
	if len(l.mean) > 0 {
		return nil
	}
	channels, zeros := in[len(in)-1:], initializer.Initializers.Default("zeros")
	return []Weight{
		{"mean", channels, zeros, false, nil},
		{"variance", channels, initializer.Initializers.Default("ones"), false, nil},
		{"count", Shape{1}, zeros, false, nil}, // Keras saves and counts it, but does not use it
	}
}

func (l *normalization) Build(_ *Graph, x *G.Node, w []*G.Node) *G.Node {
	if len(l.mean) == 0 {
		return ops.Standardize(x, w[0], w[1], l.invert)
	}
	return ops.StandardizeBy(x, float32s(l.mean), float32s(l.variance), l.invert)
}

// statistic is the mean and the variance of each channel.
func (l *normalization) statistic(in Shape) Statistic {
	if len(l.mean) > 0 {
		return nil
	}
	return newMoments(in[len(in)-1])
}

func float32s(values []float64) (list []float32) {
	for _, v := range values {
		list = append(list, float32(v))
	}
	return list
}
