package metric

import (
	"slices"

	"cnntrain/internal/catalog"
)

var _ = Metrics.Add(catalog.Entry[Metric]{
	Name:    "f1_score",
	Keras:   "F1Score",
	Example: "f1_score: weighted",
	Doc: `The harmonic mean of precision and recall, averaged over the classes.

Keras returns a value for each class if average is None; here ` + "`eval`" + ` prints that table.
As in Keras, a class that is neither present nor predicted has an F1 of 0; the macro
F1 of ` + "`eval`" + ` ignores it.`,
	New: func(o *catalog.Options) Metric {
		m := &f1{average: "macro"}
		o.Bind(&m.average, "average", "macro: unweighted mean over the classes; weighted: mean weighted by the examples of each class; micro: over all predictions together").OneOf("macro", "micro", "weighted")
		o.Bind(&m.threshold, "threshold", "predict every class more probable than this; 0: the most probable class alone, or 0.5 where each output is a decision of its own").Min(0).Below(1)
		return m
	},
})

type f1 struct {
	average   string
	threshold float64
}

func (*f1) Name() string { return "f1_score" }

// Sums are, for each class, the numbers of true positives, of predictions, and of examples.
func (*f1) Sums(classes int) int { return 3 * classes }

func (m *f1) Add(sums []float64, e Example) {
	// As in Keras, if several classes have the highest probability, all of them are
	// predicted.
	most := slices.Max(e.Probabilities)
	threshold := m.threshold
	if threshold == 0 && e.Separate {
		threshold = half
	}
	for c, p := range e.Probabilities {
		of := sums[3*c:][:3]
		predicted := p > float32(threshold)
		if threshold == 0 {
			predicted = p >= most && p > 1e-9
		}
		if predicted {
			of[1]++
		}
		if e.True[c] {
			of[2]++
			if predicted {
				of[0]++
			}
		}
	}
}

func (m *f1) Value(sums []float64, n int) float64 {
	var all [3]float64
	var mean, weighted float64
	for of := range slices.Chunk(sums, 3) {
		f := ratio(2*of[0], of[1]+of[2])
		mean += f * 3 / float64(len(sums))
		weighted += float64(f * of[2])
		for i, v := range of {
			all[i] += v
		}
	}
	switch m.average {
	case "micro":
		return ratio(2*all[0], all[1]+all[2])
	case "weighted":
		return ratio(weighted, all[2])
	}
	return mean
}
