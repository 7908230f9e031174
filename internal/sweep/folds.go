package sweep

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"cnntrain/internal/catalog"
	"cnntrain/internal/runs"
	"cnntrain/internal/spec"

	"gopkg.in/yaml.v3"
)

var _ = Searches.Add(catalog.Entry[Search]{
	Name: "folds",
	Doc: `Cross-validation: each setting is trained once for each fold, with that part of the training data for validation.
Every training example is for validation in one fold; within each class, folds have the
same number of examples. The result has the mean and the sample standard deviation over the
folds, and the ensemble of the models of the best setting on the test data. params can be
omitted: then the spec as it is is the only setting. validation_split is not used.`,
	Example: "folds: 5",
	New: func(o *catalog.Options) Search {
		f := &folds{}
		o.Bind(&f.k, "folds", "number of folds").Required().Min(2).Max(100)
		return f
	},
})

// folds is a grid with the params of [folds.extend].
type folds struct {
	grid
	k int
}

// The params that folds appends to those of the file.
const foldPath, noSplitPath = "data.fold", "data.validation_split"

func (f *folds) extend(params []Param, at spec.Pos) []Param {
	scalar := func(text string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Value: text} }
	fold := Param{Path: foldPath, Pos: at}
	for i := range f.k {
		fold.Values = append(fold.Values, scalar(fmt.Sprintf("%d/%d", i+1, f.k)))
	}
	return append(params, Param{Path: noSplitPath, Pos: at, Values: []*yaml.Node{scalar("0")}}, fold)
}

// Members rejects params that control how data is split: the search does that.
func (f *folds) Members(params []Param, seed uint64, problems *spec.Problems) []Member {
	for _, p := range params[:len(params)-2] {
		if p.Path == foldPath || p.Path == noSplitPath {
			problems.Add(p.Pos, "%s: the folds are the splits; remove it", p.Path)
		}
	}
	return f.grid.Members(params, seed, problems)
}

// A Group is the members of one setting, one for each fold.
type Group struct {
	Values   []string `json:"values"` // of the params, without those of the folds
	Runs     []string `json:"runs"`   // those that finished
	Value    *Spread  `json:"value"`  // of the metric at the best epoch; nil if none finished
	Accuracy *Spread  `json:"test_accuracy"`
}

// A Spread is the mean and the sample standard deviation of some values; the deviation of one is 0.
type Spread struct {
	Mean      float64 `json:"mean"`
	Deviation float64 `json:"deviation"`
}

func (s *Spread) String() string {
	if s == nil {
		return "-"
	}
	return fmt.Sprintf("%.4f ± %.4f", s.Mean, s.Deviation)
}

func spreadOf(values []float64) *Spread {
	if len(values) == 0 {
		return nil
	}
	s := &Spread{}
	for _, v := range values {
		s.Mean += v / float64(len(values))
	}
	for _, v := range values {
		s.Deviation += float64((v - s.Mean) * (v - s.Mean))
	}
	s.Deviation = math.Sqrt(s.Deviation / float64(max(1, len(values)-1)))
	return s
}

// Groups returns the settings of a sweep over folds, the best mean first; nil for other sweeps.
func (s *Sweep) Groups() []Group {
	if s.Folds == 0 {
		return nil
	}
	var all []Group
	found := map[string]int{}
	var metric, accuracy [][]float64
	for member, values := range s.Members {
		setting := values[:len(values)-2]
		key := fmt.Sprintf("%q", setting)
		k, ok := found[key]
		if !ok {
			k = len(all)
			found[key], all = k, append(all, Group{Values: setting, Runs: []string{}})
			metric, accuracy = append(metric, nil), append(accuracy, nil)
		}
		r := s.result(s.job(member, 0))
		if r.Status != runs.Finished {
			continue
		}
		all[k].Runs = append(all[k].Runs, r.Run)
		if r.Value != nil {
			metric[k] = append(metric[k], *r.Value)
		}
		if r.Accuracy != nil {
			accuracy[k] = append(accuracy[k], *r.Accuracy)
		}
	}
	for k := range all {
		all[k].Value, all[k].Accuracy = spreadOf(metric[k]), spreadOf(accuracy[k])
	}
	slices.SortStableFunc(all, func(a, b Group) int {
		switch {
		case len(a.Runs) != len(b.Runs) || a.Value == nil || b.Value == nil:
			return cmp.Compare(len(b.Runs), len(a.Runs)) // a mean of fewer folds says less
		case s.Max:
			return cmp.Compare(b.Value.Mean, a.Value.Mean)
		}
		return cmp.Compare(a.Value.Mean, b.Value.Mean)
	})
	return all
}
