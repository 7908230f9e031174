package metric

import "cnntrain/internal/catalog"

var _ = Metrics.Add(catalog.Entry[Metric]{
	Name:    "precision",
	Keras:   "Precision",
	Example: "precision: 0.7",
	Doc: `Fraction of the predictions of a class that are right: true positives / all positives.

A class is predicted if its probability is above the threshold. The predictions of all
outputs are counted together, or those of one of them, class_id.`,
	New: func(o *catalog.Options) Metric {
		m := &precision{}
		m.declare(o)
		return m
	},
})

type precision struct{ positives }

func (*precision) Name() string { return "precision" }

func (*precision) Value(sums []float64, _ int) float64 {
	return ratio(sums[truePositive], sums[positive])
}

// positives is the common part of metrics that count true positives.
type positives struct {
	threshold float64
	class     int // the output that counts; -1: all
	classID   *catalog.Field
}

// Output returns the output that counts, -1 for all, and the option that says so.
func (m *positives) Output() (int, *catalog.Field) { return m.class, m.classID }

func (m *positives) declare(o *catalog.Options) {
	m.threshold, m.class = half, -1
	o.Bind(&m.threshold, "thresholds", "the probability above which a class is predicted; one number").Min(0).Max(1)
	m.classID = o.Bind(&m.class, "class_id", "the index of the output to count; -1: all of them").Min(-1)
}

// The sums of positives.
const (
	truePositive = iota
	positive     // predicted
	truth        // true, predicted or not
	positiveSums
)

func (*positives) Sums(int) int { return positiveSums }

func (m *positives) Add(sums []float64, e Example) {
	for c, p := range e.Probabilities {
		if m.class >= 0 && c != m.class {
			continue
		}
		predicted := p > float32(m.threshold)
		if predicted {
			sums[positive]++
		}
		if e.True[c] {
			sums[truth]++
			if predicted {
				sums[truePositive]++
			}
		}
	}
}
