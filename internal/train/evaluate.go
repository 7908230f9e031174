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
	// Decisions are those about each class where several can be true of an image; Confusion
	// is nil then.
	Decisions []Decisions
}

// Decisions counts the decisions about a class: of examples that have it and of those that
// do not, those with a probability above one half and the others.
type Decisions struct {
	Found  int `json:"found"`
	Missed int `json:"missed"`
	False  int `json:"false"` // taken for the class
	Absent int `json:"absent"`
}

// Several reports whether several classes can be true of an image, by m.
func Several(m Predictor) bool {
	n, separate := m.Outputs()
	return separate && n == m.Classes()
}

// half is the probability above which a decision is yes.
const half = 0.5

// Evaluate runs m in inference mode over all examples, batch by batch in their order.
// pixels is the number of values of one image.
func Evaluate(ctx context.Context, m Predictor, examples dataset.Examples, pixels, batch int, metrics []metric.Metric) (*Result, error) {
	return evaluateAmong(ctx, &alone{}, m, examplesOf(m, examples, pixels, batch), metrics)
}

// An evaluation is examples and how to evaluate a batch of them.
type evaluation struct {
	loader   *data.Loader
	evaluate func(*data.Batch) (loss float32, probabilities []float32, err error)
}

func examplesOf(m Predictor, examples dataset.Examples, pixels, batch int) evaluation {
	return evaluation{data.NewLoader(examples, pixels, batch), func(b *data.Batch) (float32, []float32, error) {
		return m.Evaluate(b.X, b.Labels)
	}}
}

// evaluateAmong is Evaluate with peers, each of which computes its share of every batch;
// all get the result.
func evaluateAmong(ctx context.Context, p peers, m Predictor, e evaluation, metrics []metric.Metric) (*Result, error) {
	classes, many := m.Classes(), Several(m)
	counts := make([]int, classes*classes) // the confusion matrix, or the decisions
	if many {
		counts = make([]int, classes*4)
	}
	sums := newSums(metrics, m)
	for b, err := range e.loader.Batches(p.share(ctx, e.loader), nil, 0) {
		if _, err := p.settle(ctx, err, false); err != nil {
			return nil, err
		}
		loss, probabilities, err := e.evaluate(b)
		if err != nil {
			return nil, err
		}
		own := b.Labels[:b.Own]
		sums.add(loss, probabilities, own, b.Of)
		for i, l := range own {
			one := probabilities[i*classes:][:classes]
			if !many {
				counts[l*classes+metric.ArgMax(one)]++
				continue
			}
			for c, is := range m.Truth(l) {
				k := 4 * c
				if !is {
					k += 2
				}
				if (one[c] > half) != is {
					k++
				}
				counts[k]++
			}
		}
	}
	p.sum(sums.figures, counts)
	r := &Result{Examples: sums.n, Loss: sums.loss(), Metrics: sums.values()}
	for i := range classes {
		if many {
			of := counts[4*i:][:4]
			r.Decisions = append(r.Decisions, Decisions{Found: of[0], Missed: of[1], Absent: of[2], False: of[3]})
			continue
		}
		r.Confusion = append(r.Confusion, counts[i*classes:][:classes])
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
