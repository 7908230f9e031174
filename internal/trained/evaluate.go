package trained

import (
	"context"
	"fmt"

	"cnntrain/internal/data"
	"cnntrain/internal/data/dataset"
	"cnntrain/internal/experiment"
	"cnntrain/internal/train"
)

// On says on which examples of a model's data to evaluate it.
type On struct {
	Split  string // train, val or test
	Source experiment.Source
	Batch  int // batch size; 0: as in training
}

// Evaluate evaluates m, shown as name, on its own data.
func (m *Model) Evaluate(ctx context.Context, name string, on On) (*Evaluation, error) {
	r, sets, err := m.run(ctx, name, m.Net, on)
	if err != nil {
		return nil, err
	}
	e := newEvaluation(name, on.Split, m, sets, r)
	e.File = m.File
	return e, nil
}

// EvaluateTogether evaluates an ensemble of members on their data, which must be the same;
// alone has the result of each member.
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
	e := newEvaluation(name, on.Split, first, sets, r)
	for _, m := range alone {
		e.Members = append(e.Members, Member{m.File, m.Loss, m.Accuracy})
	}
	return e, nil
}

// run evaluates a predictor on the data of m.
func (m *Model) run(ctx context.Context, name string, p train.Predictor, on On) (*train.Result, *data.Sets, error) {
	sets, err := m.LoadData(ctx, on.Source)
	if err != nil {
		return nil, nil, err
	}
	if err := m.CheckData(sets); err != nil {
		return nil, nil, err
	}
	if what := m.changed(sets); what != "" && on.Source.Warn != nil {
		on.Source.Warn(what)
	}
	examples := splitOf(sets, on.Split)
	if examples == nil {
		return nil, nil, fmt.Errorf("%s: its data has no %s split", name, on.Split)
	}
	batch := on.Batch
	if batch == 0 {
		batch = m.Train.BatchSize
	}
	r, err := train.Evaluate(ctx, p, examples, sets.Pixels(), batch, metricsOf(m.Train.Metrics, len(sets.Classes)))
	return r, sets, err
}

// splitOf returns the examples of a split, nil if there are none.
func splitOf(sets *data.Sets, split string) dataset.Examples {
	return map[string]dataset.Examples{"train": sets.Train, "val": sets.Val, "test": sets.Test}[split]
}
