package train

import (
	"context"

	"cnntrain/internal/data"
	"cnntrain/internal/data/dataset"
	"cnntrain/internal/train/callback"
	"cnntrain/internal/train/metric"
)

// A Result is the evaluation of a model on a set of examples.
type Result struct {
	Examples  int
	Loss      float64
	Metrics   []float64 // of the requested metrics, in their order
	Confusion [][]int   // confusion matrix: number of examples of class i predicted as class j
}

// Evaluate runs m in inference mode over all examples, batch by batch in their order.
// pixels is the number of values of one image.
func Evaluate(ctx context.Context, m Predictor, examples dataset.Examples, pixels, batch int, metrics []metric.Metric) (*Result, error) {
	return evaluateAmong(ctx, &alone{}, m, examples, pixels, batch, metrics)
}

// evaluateAmong is Evaluate with peers, each of which computes its share of every batch;
// all get the result.
func evaluateAmong(ctx context.Context, p peers, m Predictor, examples dataset.Examples, pixels, batch int, metrics []metric.Metric) (*Result, error) {
	classes := m.Classes()
	confusion := make([]int, classes*classes)
	sums := newSums(metrics, classes)
	loader := data.NewLoader(examples, pixels, batch)
	for b, err := range loader.Batches(p.share(ctx, loader), nil, 0) {
		if _, err := p.settle(ctx, err, false); err != nil {
			return nil, err
		}
		loss, probabilities, err := m.Evaluate(b.X, b.Labels)
		if err != nil {
			return nil, err
		}
		own := b.Labels[:b.Own]
		sums.add(loss, probabilities, own, b.Of)
		for i, l := range own {
			confusion[l*classes+metric.ArgMax(probabilities[i*classes:][:classes])]++
		}
	}
	p.sum(sums.figures, confusion)
	r := &Result{Examples: sums.n, Loss: sums.loss(), Metrics: sums.values()}
	for i := range classes {
		r.Confusion = append(r.Confusion, confusion[i*classes:][:classes])
	}
	return r, nil
}

// Logs returns the loss and the metrics of r, named with prefix.
func (r *Result) Logs(metrics []metric.Metric, prefix string) callback.Logs {
	logs := callback.Logs{{Name: prefix + "loss", Value: r.Loss}}
	for i, m := range metrics {
		logs = append(logs, callback.Log{Name: prefix + m.Name(), Value: r.Metrics[i]})
	}
	return logs
}
