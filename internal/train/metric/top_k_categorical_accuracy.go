package metric

import (
	"slices"

	"cnntrain/internal/catalog"
)

var _ = Metrics.Add(catalog.Entry[Metric]{
	Name:    "top_k_categorical_accuracy",
	Keras:   "TopKCategoricalAccuracy",
	Also:    []string{"SparseTopKCategoricalAccuracy"},
	Example: "top_k_categorical_accuracy: 3",
	Doc:     "Fraction of examples whose true class is among the k most probable.",
	New: func(o *catalog.Options) Metric {
		m := &topK{k: 5}
		o.Bind(&m.k, "k", "number of most probable classes to consider").Min(1)
		return m
	},
})

type topK struct {
	fraction
	k int
}

func (*topK) Name() string { return "top_k_categorical_accuracy" }

// Add counts a hit if fewer than k classes are more probable than the label.
func (m *topK) Add(sums []float64, e Example) {
	label := max(0, slices.Index(e.True, true)) // as Keras, which takes the first of several
	more := 0
	for _, p := range e.Probabilities {
		if p > e.Probabilities[label] {
			more++
		}
	}
	if more < m.k {
		sums[0]++
	}
}
