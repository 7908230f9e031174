package metric

import "cnntrain/internal/catalog"

var _ = Metrics.Add(catalog.Entry[Metric]{
	Name:    "accuracy",
	Keras:   "CategoricalAccuracy",
	Also:    []string{"SparseCategoricalAccuracy", "acc"},
	Example: "accuracy",
	Doc: `Fraction of examples whose most probable class is the true class.

With a loss of decisions, such as binary_crossentropy, it is binary_accuracy. (Keras takes
the most probable class there too if there are several outputs, whatever the labels.)`,
	New: func(*catalog.Options) Metric { return accuracy{} },
})

type accuracy struct{ fraction }

func (accuracy) Name() string { return "accuracy" }

func (accuracy) Add(sums []float64, e Example) {
	if e.Separate {
		sums[0] += right(e, half)
	} else if e.True[ArgMax(e.Probabilities)] {
		sums[0]++
	}
}
