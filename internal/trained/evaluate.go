package trained

import (
	"context"
	"fmt"

	"cnntrain/internal/data"
	"cnntrain/internal/data/dataset"
	"cnntrain/internal/experiment"
	"cnntrain/internal/train"
	"cnntrain/internal/train/metric"
)

// On says on which examples of a model's data to evaluate it.
type On struct {
	Split  string // train, val or test
	Source experiment.Source
	Batch  int // examples at a time; 0: as in training
}

// Evaluate evaluates m, which is to be called name, on its own data.
func (m *Model) Evaluate(ctx context.Context, name string, on On) (*Evaluation, error) {
	r, sets, err := m.run(ctx, name, m.Net, on)
	if err != nil {
		return nil, err
	}
	e := newEvaluation(name, on.Split, m.Data.Name, sets, r)
	e.File = m.File
	return e, nil
}

// EvaluateTogether evaluates members as one, on the data they must have in common; alone is
// what each of them reaches by itself.
func EvaluateTogether(ctx context.Context, name string, members []*Model, together train.Predictor, alone []*Evaluation, on On) (*Evaluation, error) {
	first := members[0]
	for i, m := range members {
		if alone[i].digest != alone[0].digest || alone[i].Examples != alone[0].Examples {
			return nil, fmt.Errorf("%s and %s have different %s data; an ensemble is evaluated on what all have in common", first.File, m.File, on.Split)
		}
	}
	r, sets, err := first.run(ctx, name, together, on)
	if err != nil {
		return nil, err
	}
	e := newEvaluation(name, on.Split, first.Data.Name, sets, r)
	for _, m := range alone {
		e.Members = append(e.Members, Member{m.File, m.Loss, m.Accuracy})
	}
	return e, nil
}

// run has a predictor evaluated on data of m.
func (m *Model) run(ctx context.Context, name string, p train.Predictor, on On) (*train.Result, *data.Sets, error) {
	sets, err := m.LoadData(ctx, on.Source)
	if err != nil {
		return nil, nil, err
	}
	if err := m.CheckData(sets); err != nil {
		return nil, nil, err
	}
	examples := splitOf(sets, on.Split)
	if examples == nil {
		return nil, nil, fmt.Errorf("%s: its data has no %s split", name, on.Split)
	}
	batch := on.Batch
	if batch == 0 {
		batch = m.Train.BatchSize
	}
	metrics := []metric.Metric{metric.Metrics.Default("accuracy"), metric.Metrics.Default("top_k_categorical_accuracy")}
	r, err := train.Evaluate(ctx, p, examples, sets.Pixels(), batch, metrics)
	return r, sets, err
}

// splitOf returns the examples of a split, nil if there are none.
func splitOf(sets *data.Sets, split string) dataset.Examples {
	return map[string]dataset.Examples{"train": sets.Train, "val": sets.Val, "test": sets.Test}[split]
}

// An Evaluation is what a model reaches on some examples.
type Evaluation struct {
	Path      string  `json:"path"`
	File      string  `json:"file,omitempty"` // none for an ensemble
	Dataset   string  `json:"dataset"`
	Split     string  `json:"split"`
	Examples  int     `json:"examples"`
	Loss      float64 `json:"loss"`
	Accuracy  float64 `json:"accuracy"`
	Top5      float64 `json:"top_5_accuracy"`
	Classes   []Class `json:"classes"`
	Confusion [][]int `json:"confusion"` // row: the class; column: what it was taken for

	Members []Member `json:"members,omitempty"` // of an ensemble
	digest  string   // of the data
}

// A Member is what a member of an ensemble reaches alone.
type Member struct {
	File     string  `json:"file"`
	Loss     float64 `json:"loss"`
	Accuracy float64 `json:"accuracy"`
}

// A Class is what becomes of the examples of one class.
type Class struct {
	Name      string  `json:"name"`
	Examples  int     `json:"examples"`
	Correct   int     `json:"correct"`
	Recall    float64 `json:"recall"`    // share of the class that was found
	Precision float64 `json:"precision"` // share of what was taken for it that was right
	Confused  string  `json:"-"`         // what it was most often taken for, and how often; empty: nothing
}

func newEvaluation(path, split, set string, sets *data.Sets, r *train.Result) *Evaluation {
	e := &Evaluation{
		Path: path, Dataset: set, Split: split, Examples: r.Examples, digest: sets.Digest,
		Loss: r.Loss, Accuracy: r.Metrics[0], Top5: r.Metrics[1], Confusion: r.Confusion,
	}
	names := sets.Classes
	for i, name := range names {
		c := Class{Name: name, Correct: r.Confusion[i][i]}
		taken, worst := 0, -1
		for j := range names {
			c.Examples += r.Confusion[i][j]
			taken += r.Confusion[j][i]
			if j != i && r.Confusion[i][j] > 0 && (worst < 0 || r.Confusion[i][j] > r.Confusion[i][worst]) {
				worst = j
			}
		}
		c.Recall, c.Precision = share(c.Correct, c.Examples), share(c.Correct, taken)
		if worst >= 0 {
			c.Confused = fmt.Sprintf("%s (%d)", names[worst], r.Confusion[i][worst])
		}
		e.Classes = append(e.Classes, c)
	}
	return e
}

func share(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}
