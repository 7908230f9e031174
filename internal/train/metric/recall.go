package metric

import "cnntrain/internal/catalog"

var _ = Metrics.Add(catalog.Entry[Metric]{
	Name:    "recall",
	Keras:   "Recall",
	Example: "recall: 0.3",
	Doc: `Fraction of what is true that is predicted: true positives / all that is true.

It counts as precision does.`,
	New: func(o *catalog.Options) Metric {
		m := &recall{}
		m.declare(o)
		return m
	},
})

type recall struct{ positives }

func (*recall) Name() string { return "recall" }

func (*recall) Value(sums []float64, _ int) float64 { return ratio(sums[truePositive], sums[truth]) }
