package train

import (
	"context"

	"cnntrain/internal/comm"
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
	return EvaluateOn(ctx, comm.Self{}, m, examples, pixels, batch, metrics)
}

// EvaluateOn is Evaluate on the ranks of w, each of which computes its share of every
// batch; all get the result. It breaks off on all ranks if ctx ends on any.
func EvaluateOn(ctx context.Context, w comm.World, m Predictor, examples dataset.Examples, pixels, batch int, metrics []metric.Metric) (*Result, error) {
	classes := m.Classes()
	r := &Result{Confusion: make([][]int, classes)}
	for i := range r.Confusion {
		r.Confusion[i] = make([]int, classes)
	}
	sums := newSums(metrics, classes)
	loader := data.NewLoader(examples, pixels, batch)
	loader.Share(w.Rank(), w.Size())
	signals := ctx
	if w.Size() > 1 {
		ctx = context.WithoutCancel(ctx) // all stop before the same batch
	}
	for b, err := range loader.Batches(ctx, nil, 0) {
		if err != nil {
			return nil, err
		}
		if w.Size() > 1 && comm.Any(w, signals.Err() != nil) {
			return nil, context.Canceled
		}
		loss, probabilities, err := m.Evaluate(b.X, b.Labels)
		if err != nil {
			return nil, err
		}
		own := b.Labels[:b.Own]
		sums.add(loss, probabilities, own)
		for i, l := range own {
			r.Confusion[l][metric.ArgMax(probabilities[i*classes:][:classes])]++
		}
	}
	sums.unite(w)
	r.unite(w)
	r.Examples, r.Loss, r.Metrics = sums.n, sums.loss/float64(sums.n), sums.values()
	return r, nil
}

// unite adds up the confusion of all ranks.
func (r *Result) unite(w comm.World) {
	if w.Size() == 1 {
		return
	}
	var counts []float64
	for _, row := range r.Confusion {
		for _, n := range row {
			counts = append(counts, float64(n))
		}
	}
	comm.Sum(w, counts)
	for i, row := range r.Confusion {
		for j := range row {
			row[j] = int(counts[i*len(r.Confusion)+j])
		}
	}
}

// Logs names the figures of r: loss and the metrics, with prefix in front.
func (r *Result) Logs(metrics []metric.Metric, prefix string) callback.Logs {
	logs := callback.Logs{{Name: prefix + "loss", Value: r.Loss}}
	for i, m := range metrics {
		logs = append(logs, callback.Log{Name: prefix + m.Name(), Value: r.Metrics[i]})
	}
	return logs
}
