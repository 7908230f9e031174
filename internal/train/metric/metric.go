// Package metric holds what is reported besides the loss, one file each.
package metric

import "cnntrain/internal/catalog"

// A Metric scores predictions.
type Metric interface {
	// Name is what logs call it; with val_ in front for validation data.
	Name() string
	// Score rates the probabilities of one example whose class is label. The
	// metric of many examples is the mean of their scores.
	Score(probabilities []float32, label int) float64
}

// Metrics is every metric a spec may name.
var Metrics = catalog.New[Metric]("metric")

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
