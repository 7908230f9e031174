// Package metric holds the metrics that are reported besides the loss, one file each.
package metric

import "cnntrain/internal/catalog"

// A Metric is computed from sums over examples, so that those of several batches or
// processes can be added.
type Metric interface {
	// Name is its name in logs; prefixed with val_ for validation data.
	Name() string
	// Sums returns the number of sums for models with a number of outputs.
	Sums(outputs int) int
	// Add adds an example to sums.
	Add(sums []float64, e Example)
	// Value returns the metric of the n examples that were added to sums.
	Value(sums []float64, n int) float64
}

// An Example is a prediction and the truth.
type Example struct {
	Probabilities []float32 // of the outputs
	True          []bool    // whether the class of each output is true
	// Separate says that each output is a decision of its own, as that of a sigmoid is:
	// several classes can be true, or none. Otherwise one is.
	Separate bool
}

// half is the probability above which a decision is yes.
const half = 0.5

// Metrics is the catalog of metrics that a spec can name.
var Metrics = catalog.New[Metric]("metric")

// fraction is the common part of metrics that are the fraction of examples for which
// something holds.
type fraction struct{}

func (fraction) Sums(int) int { return 1 }

func (fraction) Value(sums []float64, n int) float64 { return sums[0] / float64(n) }

// ratio is a/b, and 0 where b is 0, as in Keras.
func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// ArgMax returns the index of the largest value, the first one in case of ties.
func ArgMax(values []float32) int {
	best := 0
	for i, v := range values {
		if v > values[best] {
			best = i
		}
	}
	return best
}
