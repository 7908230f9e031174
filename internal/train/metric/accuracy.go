package metric

import "cnntrain/internal/catalog"

var _ = Metrics.Add(catalog.Entry[Metric]{
	Name:    "accuracy",
	Keras:   "CategoricalAccuracy",
	Also:    []string{"SparseCategoricalAccuracy", "acc"},
	Example: "accuracy",
	Doc:     "Fraction of examples whose most probable class is the true class.",
	New:     func(*catalog.Options) Metric { return accuracy{} },
})

type accuracy struct{ fraction }

func (accuracy) Name() string { return "accuracy" }

func (accuracy) Add(sums []float64, probabilities []float32, label int) {
	if ArgMax(probabilities) == label {
		sums[0]++
	}
}
