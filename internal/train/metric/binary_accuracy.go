package metric

import "cnntrain/internal/catalog"

var _ = Metrics.Add(catalog.Entry[Metric]{
	Name:    "binary_accuracy",
	Keras:   "BinaryAccuracy",
	Example: "binary_accuracy: 0.7",
	Doc: `Fraction of decisions that are right, where each output is a decision of its own.

A decision is yes if its probability is above the threshold.`,
	New: func(o *catalog.Options) Metric {
		m := &binaryAccuracy{threshold: half}
		o.Bind(&m.threshold, "threshold", "the probability above which a decision is yes").Min(0).Max(1)
		return m
	},
})

type binaryAccuracy struct {
	fraction
	threshold float64
}

func (*binaryAccuracy) Name() string { return "binary_accuracy" }

func (m *binaryAccuracy) Add(sums []float64, e Example) { sums[0] += right(e, m.threshold) }

// right is the fraction of correct decisions of an example.
func right(e Example, threshold float64) float64 {
	n := 0
	for c, p := range e.Probabilities {
		if (p > float32(threshold)) == e.True[c] {
			n++
		}
	}
	return float64(n) / float64(len(e.Probabilities))
}
