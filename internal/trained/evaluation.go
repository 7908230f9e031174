package trained

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"cnntrain/internal/runs"
	"cnntrain/internal/train"
	"cnntrain/internal/train/metric"
)

// An Evaluation is the result of evaluating a model on a split.
type Evaluation struct {
	Path      string       `json:"path"`
	File      string       `json:"file,omitempty"` // nil for an ensemble
	Dataset   string       `json:"dataset"`
	Split     string       `json:"split"`
	TTA       string       `json:"tta,omitempty"` // the views of each image that were predicted
	Examples  int          `json:"examples"`
	Loss      float64      `json:"loss"`
	Accuracy  float64      `json:"accuracy"`
	Top5      *float64     `json:"top_5_accuracy,omitempty"` // nil if there are at most five classes
	Balanced  Fraction     `json:"balanced_accuracy"`        // mean recall of the classes
	MacroF1   Fraction     `json:"macro_f1"`                 // mean F1 of the classes
	Largest   float64      `json:"largest_class_accuracy"`   // accuracy of always predicting the largest class, or of always deciding what is more often true
	Metrics   runs.Figures `json:"metrics,omitempty"`        // other metrics of the spec
	Classes   []Class      `json:"classes"`
	Confusion [][]int      `json:"confusion,omitempty"` // row: true class; column: predicted class
	// Decisions replaces Confusion where several classes can be true of an image.
	Decisions []train.Decisions `json:"decisions,omitempty"`

	Members []Member `json:"members,omitempty"` // of an ensemble
	Tested  *Tested  `json:"-"`
	digest  string   // digest of the data
}

// A Member is the result of one member of an ensemble.
type Member struct {
	File     string  `json:"file"`
	Loss     float64 `json:"loss"`
	Accuracy float64 `json:"accuracy"`
}

// A Class holds the metrics of one class.
type Class struct {
	Name      string   `json:"name"`
	Examples  int      `json:"examples"`
	Correct   int      `json:"correct"`
	Recall    Fraction `json:"recall"`    // recall
	Precision Fraction `json:"precision"` // precision
	F1        Fraction `json:"f1"`        // their harmonic mean
	Confused  string   `json:"-"`         // the most frequent wrong prediction, and how often; empty: none
}

// A Fraction is from 0 to 1, or NaN if its denominator is zero: null in JSON, – in a table.
type Fraction float64

// MarshalJSON writes the number, or null.
func (s Fraction) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(s)) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(s))
}

// UnmarshalJSON parses the output of MarshalJSON.
func (s *Fraction) UnmarshalJSON(text []byte) error {
	if *s = Fraction(math.NaN()); string(text) == "null" {
		return nil
	}
	return json.Unmarshal(text, (*float64)(s))
}

func (s Fraction) String() string {
	if math.IsNaN(float64(s)) {
		return "–"
	}
	return fmt.Sprintf("%.3f", float64(s))
}

// topFive is the metric that is reported if there are more than five classes.
const topFive, manyClasses = "top_k_categorical_accuracy", 6

// metricsOf returns the reported metrics: accuracy, top-5 accuracy if there are more than
// five classes that exclude each other, and the other metrics of the spec.
func metricsOf(spec []metric.Metric, p train.Predictor) []metric.Metric {
	metrics := []metric.Metric{metric.Metrics.Default("accuracy")}
	if rankable(p) {
		metrics = append(metrics, metric.Metrics.Default(topFive))
	}
	return append(metrics, others(spec)...)
}

// rankable reports whether p predicts one of enough classes for top-5 accuracy.
func rankable(p train.Predictor) bool { return p.Classes() >= manyClasses && !train.Several(p) }

func others(spec []metric.Metric) []metric.Metric {
	return slices.DeleteFunc(slices.Clone(spec), func(m metric.Metric) bool { return m.Name() == "accuracy" || m.Name() == topFive })
}

// newEvaluation converts a result with the metrics of metricsOf.
func newEvaluation(path string, m *Model, d *Tested) *Evaluation {
	r, sets := d.result, d.sets
	_, largest := r.Largest()
	e := &Evaluation{
		Path: path, Dataset: d.dataset, Split: d.split, TTA: m.TTA.String(), Examples: r.Examples, digest: sets.Digest,
		Loss: r.Loss, Accuracy: r.Metrics[0], Confusion: r.Confusion, Decisions: r.Decisions,
		Balanced: Fraction(r.BalancedAccuracy()), MacroF1: Fraction(r.MacroF1()), Largest: largest, Tested: d,
	}
	values := r.Metrics[1:]
	if rankable(m.Net) {
		e.Top5, values = &values[0], values[1:]
	}
	for i, other := range others(m.Train.Metrics) {
		e.Metrics = append(e.Metrics, runs.Figure{Name: other.Name(), Value: values[i]})
	}
	for i, c := range r.Classes() {
		confused := ""
		if r.Confusion != nil {
			confused = takenFor(sets.Classes, r.Confusion[i], i)
		}
		e.Classes = append(e.Classes, Class{
			Name: sets.Classes[i], Examples: c.Examples, Correct: c.Correct,
			Recall: Fraction(c.Recall), Precision: Fraction(c.Precision), F1: Fraction(c.F1), Confused: confused,
		})
	}
	return e
}

// takenFor returns the most frequent wrong prediction for a class.
func takenFor(names []string, row []int, class int) string {
	worst := -1
	for j, n := range row {
		if j != class && n > 0 && (worst < 0 || n > row[worst]) {
			worst = j
		}
	}
	if worst < 0 {
		return ""
	}
	return fmt.Sprintf("%s (%d)", names[worst], row[worst])
}
