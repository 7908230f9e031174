package trained

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"cnntrain/internal/data"
	"cnntrain/internal/data/dataset"
	"cnntrain/internal/experiment"
	"cnntrain/internal/train"
)

// On says on which examples of a model's data to evaluate it.
type On struct {
	Split  string // train, val or test; empty: test, or all images of a Dataset without test images
	Source experiment.Source
	// Dataset, shown as Name, replaces the dataset of the training. Its classes are matched by
	// name. nil: the dataset of the training.
	Dataset dataset.Dataset
	Name    string
	Batch   int // batch size; 0: as in training
}

// Evaluate evaluates m, shown as name, on its own data.
func (m *Model) Evaluate(ctx context.Context, name string, on On) (*Evaluation, error) {
	d, err := m.run(ctx, name, m.Predictor(), on)
	if err != nil {
		return nil, err
	}
	e := newEvaluation(name, m, d)
	e.File = m.File
	return e, nil
}

// EvaluateTogether evaluates an ensemble of members on their data, which must be the same;
// alone has the result of each member.
func EvaluateTogether(ctx context.Context, name string, members []*Model, together train.Predictor, alone []*Evaluation, on On) (*Evaluation, error) {
	first := members[0]
	for i, m := range members {
		if a, b := first.Data, m.Data; (alone[0].Split == "val" || alone[0].Split == "train") && (a.Fold != b.Fold || a.ValidationSplit != b.ValidationSplit || a.Limit != b.Limit) {
			return nil, fmt.Errorf("%s and %s have other images for validation (fold, validation_split or limit): what one was not trained on, the other was", first.File, m.File)
		}
		if alone[i].digest != alone[0].digest || alone[i].Examples != alone[0].Examples {
			return nil, fmt.Errorf("%s and %s have different %s data; an ensemble is evaluated on what all have in common", first.File, m.File, alone[i].Split)
		}
	}
	d, err := first.run(ctx, name, together, on)
	if err != nil {
		return nil, err
	}
	e := newEvaluation(name, first, d)
	for _, m := range alone {
		e.Members = append(e.Members, Member{m.File, m.Loss, m.Accuracy})
	}
	return e, nil
}

// An examined is the examples that a model is evaluated on.
type examined struct {
	dataset  string // its name
	split    string // train, val, test or all
	sets     *data.Sets
	examples dataset.Examples
}

// run evaluates a predictor on the examples that on selects.
func (m *Model) run(ctx context.Context, name string, p train.Predictor, on On) (*Tested, error) {
	x, err := m.find(ctx, on)
	if err != nil {
		return nil, err
	}
	if x.examples == nil {
		return nil, fmt.Errorf("%s: %s has no %s split%s", name, x.dataset, x.split, x.others())
	}
	batch := on.Batch
	if batch == 0 {
		batch = m.Train.BatchSize
	}
	batch = min(batch, x.examples.Len()) // buffers are as large as a batch
	d := &Tested{recorder: recorder{Predictor: p}, examined: x}
	d.result, err = train.Evaluate(ctx, &d.recorder, x.examples, x.sets.Pixels(), batch, metricsOf(m.Train.Metrics, p))
	return d, err
}

// others says which splits there are.
func (x *examined) others() string {
	var has []string
	for _, o := range []struct {
		name string
		dataset.Examples
	}{{"train", x.sets.Train}, {"val", x.sets.Val}, {"test", x.sets.Test}} {
		if o.Examples != nil {
			has = append(has, o.name)
		}
	}
	return "; it has --split " + strings.Join(has, " and ")
}

// find loads the examples that on says.
func (m *Model) find(ctx context.Context, on On) (x *examined, err error) {
	x = &examined{dataset: m.Data.Name, split: on.Split}
	warn := ""
	if on.Dataset == nil {
		if x.sets, err = m.LoadData(ctx, on.Source); err == nil {
			err = m.CheckData(x.sets)
		}
		if errors.Is(err, fs.ErrNotExist) && on.Split == "" { // of a folder given so, all images are used otherwise
			err = fmt.Errorf("%w; for a folder that has moved: --dataset FOLDER --split test", err)
		} else if errors.Is(err, fs.ErrNotExist) && on.Split == "test" {
			err = fmt.Errorf("%w; for a folder that has moved: --dataset FOLDER", err)
		}
		if err == nil {
			warn = m.changed(x.sets)
		}
	} else {
		x.dataset = on.Name
		set := dataset.Like(on.Dataset, m.Data.Dataset, m.ClassNames(), on.Split == "")
		if x.sets, err = m.LoadOther(ctx, set, m.ClassNames(), on.Source); err == nil {
			warn = m.trainedOn(x.sets)
		}
	}
	if err != nil {
		return nil, err
	}
	if warn != "" && on.Source.Warn != nil {
		on.Source.Warn(warn)
	}
	if x.split == "" {
		if x.split = "test"; on.Dataset != nil && x.sets.Test == nil {
			switch x.split = "all"; {
			case x.sets.Train == nil:
				x.split = "val"
			case x.sets.Val != nil:
				return nil, fmt.Errorf("%s has images for training and for validation, and none for testing; choose with --split train or val", on.Name)
			}
		}
	}
	x.examples = map[string]dataset.Examples{"train": x.sets.Train, "val": x.sets.Val, "test": x.sets.Test, "all": x.sets.Train}[x.split]
	return x, nil
}
