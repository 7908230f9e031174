// Package metric holds what is reported besides the loss, one file each.
package metric

import "cnntrain/internal/catalog"

// A Metric scores predictions. What it needs to know of them are sums over examples, so
// that those of several batches, or of several processes, can be added up.
type Metric interface {
	// Name is what logs call it; with val_ in front for validation data.
	Name() string
	// Sums is how many sums there are for models of some classes.
	Sums(classes int) int
	// Add adds an example to sums: the probabilities of its classes, and which is right.
	Add(sums []float64, probabilities []float32, label int)
	// Value is the metric of n examples that were added to sums.
	Value(sums []float64, n int) float64
}

// Metrics is every metric a spec may name.
var Metrics = catalog.New[Metric]("metric")

// fraction is metrics that are the fraction of examples which are hits.
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

// ArgMax returns the index of the largest value, the first one if there are several.
func ArgMax(values []float32) int {
	best := 0
	for i, v := range values {
		if v > values[best] {
			best = i
		}
	}
	return best
}
