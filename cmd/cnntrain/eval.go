package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"cnntrain/internal/data"
	"cnntrain/internal/data/dataset"
	"cnntrain/internal/train"
	"cnntrain/internal/train/metric"
	"cnntrain/internal/trained"
	"cnntrain/internal/words"

	"github.com/spf13/cobra"
)

type evalOptions struct {
	paths     []string
	split     string
	dataDir   string
	strict    bool
	batchSize int
	ensemble  string
	json      bool
}

func newEval(s *streams) *cobra.Command {
	o := &evalOptions{}
	cmd := &cobra.Command{
		Use:   "eval RUN|FILE...",
		Short: "Measure loss and accuracy of trained models",
		Long: `Evaluates the best weights of each run, or the weights in a .safetensors file
written by cnntrain, on the data they were trained for. With --ensemble also what
several of them reach together.`,
		Example: `  cnntrain eval runs/lenet5/1
  cnntrain eval runs/lenet5/1/last.safetensors --split val --json
  cnntrain eval runs/lenet5/1 runs/lenet5/2 runs/lenet5/3 --ensemble mean`,
		Args: atLeast(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.paths = args
			if err := checkSplit(o.split); err != nil {
				return err
			}
			if cmd.Flags().Changed("batch-size") && o.batchSize < 1 {
				return usagef("--batch-size %d: must be at least 1", o.batchSize)
			}
			return runEval(cmd.Context(), o, s)
		},
	}
	addSplitFlag(cmd, &o.split)
	cmd.Flags().IntVar(&o.batchSize, "batch-size", 0, "`N` examples at a time (default: as in training)")
	addEnsembleFlag(cmd, &o.ensemble)
	addDataDirFlag(cmd, &o.dataDir)
	addStrictFlag(cmd, &o.strict)
	addComputeFlags(cmd)
	addJSONFlag(cmd, &o.json)
	return cmd
}

func runEval(ctx context.Context, o *evalOptions, s *streams) error {
	members, err := trained.OpenAll(o.paths)
	if err != nil {
		return err
	}
	var together train.Predictor
	if o.ensemble != "" {
		if together, err = combine(members, o.ensemble); err != nil {
			return err
		}
	}
	var results []*evalJSON
	add := func(r *evalJSON, err error) error {
		if err != nil {
			return err
		}
		results = append(results, r)
		if !o.json {
			return r.print(s.out)
		}
		return nil
	}
	for i, m := range members {
		if err := add(evalOne(ctx, o, o.paths[i], m, s)); err != nil {
			return err
		}
	}
	if together != nil {
		if err := add(evalEnsemble(ctx, o, members, together, results, s)); err != nil {
			return err
		}
	}
	if o.json {
		return s.printJSON(results)
	}
	return nil
}

// evalOne evaluates a model on its own data.
func evalOne(ctx context.Context, o *evalOptions, path string, t *trained.Model, s *streams) (*evalJSON, error) {
	r, sets, err := evaluate(ctx, o, path, t, t.Net, s)
	if err != nil {
		return nil, err
	}
	e := newEvalJSON(path, o.split, t.Data.Name, sets, r)
	e.File = t.File
	return e, nil
}

// evalEnsemble evaluates all members as one, on the data they must have in common.
func evalEnsemble(ctx context.Context, o *evalOptions, members []*trained.Model, together train.Predictor, alone []*evalJSON, s *streams) (*evalJSON, error) {
	first := members[0]
	for i, m := range members {
		if alone[i].digest != alone[0].digest || alone[i].Examples != alone[0].Examples {
			return nil, fmt.Errorf("%s and %s have different %s data; an ensemble is evaluated on what all have in common", first.File, m.File, o.split)
		}
	}
	name := fmt.Sprintf("ensemble of %d (%s)", len(members), o.ensemble)
	r, sets, err := evaluate(ctx, o, name, first, together, s)
	if err != nil {
		return nil, err
	}
	e := newEvalJSON(name, o.split, first.Data.Name, sets, r)
	for _, m := range alone {
		e.Members = append(e.Members, memberJSON{m.File, m.Loss, m.Accuracy})
	}
	return e, nil
}

// evaluate runs model on the data of t.
func evaluate(ctx context.Context, o *evalOptions, path string, t *trained.Model, model train.Predictor, s *streams) (*train.Result, *data.Sets, error) {
	sets, err := t.LoadData(ctx, source(o.dataDir, o.strict, s))
	if err != nil {
		return nil, nil, err
	}
	if err := t.CheckData(sets); err != nil {
		return nil, nil, err
	}
	examples := splitOf(sets, o.split)
	if examples == nil {
		return nil, nil, fmt.Errorf("%s: its data has no %s split", path, o.split)
	}
	batch := o.batchSize
	if batch == 0 {
		batch = t.Train.BatchSize
	}
	metrics := []metric.Metric{metric.Metrics.Default("accuracy"), metric.Metrics.Default("top_k_categorical_accuracy")}
	r, err := train.Evaluate(ctx, model, examples, sets.Pixels(), batch, metrics)
	return r, sets, err
}

// splitOf returns the examples of a split, nil if there are none.
func splitOf(sets *data.Sets, split string) dataset.Examples {
	return map[string]dataset.Examples{"train": sets.Train, "val": sets.Val, "test": sets.Test}[split]
}

// evalJSON is one result of --json, and what a person is shown.
type evalJSON struct {
	Path      string      `json:"path"`
	File      string      `json:"file,omitempty"` // none for an ensemble
	Dataset   string      `json:"dataset"`
	Split     string      `json:"split"`
	Examples  int         `json:"examples"`
	Loss      float64     `json:"loss"`
	Accuracy  float64     `json:"accuracy"`
	Top5      float64     `json:"top_5_accuracy"`
	Classes   []classJSON `json:"classes"`
	Confusion [][]int     `json:"confusion"` // row: the class; column: what it was taken for

	Members []memberJSON `json:"members,omitempty"` // of an ensemble
	digest  string       // of the data
}

// memberJSON is what a member of an ensemble reaches alone.
type memberJSON struct {
	File     string  `json:"file"`
	Loss     float64 `json:"loss"`
	Accuracy float64 `json:"accuracy"`
}

type classJSON struct {
	Name      string  `json:"name"`
	Examples  int     `json:"examples"`
	Correct   int     `json:"correct"`
	Recall    float64 `json:"recall"`    // share of the class that was found
	Precision float64 `json:"precision"` // share of what was taken for it that was right
	confused  string
}

func newEvalJSON(path, split, set string, sets *data.Sets, r *train.Result) *evalJSON {
	e := &evalJSON{
		Path: path, Dataset: set, Split: split, Examples: r.Examples, digest: sets.Digest,
		Loss: r.Loss, Accuracy: r.Metrics[0], Top5: r.Metrics[1], Confusion: r.Confusion,
	}
	names := sets.Classes
	for i, name := range names {
		c := classJSON{Name: name, Correct: r.Confusion[i][i]}
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
			c.confused = fmt.Sprintf("%s (%d)", names[worst], r.Confusion[i][worst])
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

func (e *evalJSON) print(w io.Writer) error {
	name := e.File
	if name == "" {
		name = e.Path
	}
	fmt.Fprintf(w, "%s on %s %s images of %s\nloss: %.4f accuracy: %.4f top-5 accuracy: %.4f\n\n",
		name, words.Commas(e.Examples), e.Split, e.Dataset, e.Loss, e.Accuracy, e.Top5)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "class\timages\tcorrect\trecall\tprecision\tmost often taken for")
	for _, c := range e.Classes {
		fmt.Fprintf(t, "%s\t%d\t%d\t%.3f\t%.3f\t%s\n", c.Name, c.Examples, c.Correct, c.Recall, c.Precision, c.confused)
	}
	fmt.Fprintln(t)
	if len(e.Members) > 0 {
		fmt.Fprintln(t, "member\tloss\taccuracy")
		for _, m := range e.Members {
			fmt.Fprintf(t, "%s\t%.4f\t%.4f\n", m.File, m.Loss, m.Accuracy)
		}
		fmt.Fprintf(t, "together\t%.4f\t%.4f\n\n", e.Loss, e.Accuracy)
	}
	return t.Flush()
}
