package train

import (
	"context"

	"cnntrain/internal/data"
	"cnntrain/internal/data/dataset"
	"cnntrain/internal/train/callback"
	"cnntrain/internal/train/metric"
)

// A Result is what a model reaches on a set of examples.
type Result struct {
	Examples  int
	Loss      float64
	Metrics   []float64 // of the metrics asked for, in their order
	Confusion [][]int   // how many examples of class i were taken for class j
}

// Evaluate runs m over all examples as in use, batch by batch in their order.
// pixels is the number of values of one image.
func Evaluate(ctx context.Context, m Predictor, examples dataset.Examples, pixels, batch int, metrics []metric.Metric) (*Result, error) {
	classes := m.Classes()
	r := &Result{Confusion: make([][]int, classes)}
	for i := range r.Confusion {
		r.Confusion[i] = make([]int, classes)
	}
	sums := newSums(metrics)
	for b, err := range data.NewLoader(examples, pixels, batch).Batches(ctx, nil, 0) {
		if err != nil {
			return nil, err
		}
		loss, probabilities, err := m.Evaluate(b.X, b.Labels)
		if err != nil {
			return nil, err
		}
		sums.add(loss, probabilities, b.Labels, classes)
		for i, l := range b.Labels {
			r.Confusion[l][metric.ArgMax(probabilities[i*classes:][:classes])]++
		}
	}
	r.Examples, r.Loss, r.Metrics = sums.n, sums.loss/float64(sums.n), sums.scores
	for i := range r.Metrics {
		r.Metrics[i] /= float64(sums.n)
	}
	return r, nil
}

// Logs names the figures of r: loss and the metrics, with prefix in front.
func (r *Result) Logs(metrics []metric.Metric, prefix string) callback.Logs {
	logs := callback.Logs{{Name: prefix + "loss", Value: r.Loss}}
	for i, m := range metrics {
		logs = append(logs, callback.Log{Name: prefix + m.Name(), Value: r.Metrics[i]})
	}
	return logs
}
