package metric

import "cnntrain/internal/catalog"

var _ = Metrics.Add(catalog.Entry[Metric]{
	Name:    "accuracy",
	Keras:   "CategoricalAccuracy",
	Example: "accuracy",
	Doc:     "Share of examples whose most probable class is the right one.",
	New:     func(*catalog.Options) Metric { return accuracy{} },
})

type accuracy struct{}

func (accuracy) Name() string { return "accuracy" }

func (accuracy) Score(probabilities []float32, label int) float64 {
	if ArgMax(probabilities) == label {
		return 1
	}
	return 0
}
