package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"

	"cnntrain/internal/builder"
	"cnntrain/internal/checkpoint"
	"cnntrain/internal/data/dataset"
	"cnntrain/internal/runs"
	"cnntrain/internal/spec"
	"cnntrain/internal/train"
	"cnntrain/internal/train/metric"

	"github.com/spf13/cobra"
)

type evalOptions struct {
	paths     []string
	split     string
	dataDir   string
	batchSize int
	json      bool
}

func newEval(s *streams) *cobra.Command {
	o := &evalOptions{}
	var threads int
	cmd := &cobra.Command{
		Use:   "eval RUN|FILE...",
		Short: "Measure loss and accuracy of trained models",
		Long: `Evaluates the best weights of each run, or the weights in a .safetensors file
written by cnntrain, on the data they were trained for.`,
		Example: `  cnntrain eval runs/lenet5/1
  cnntrain eval runs/lenet5/1/last.safetensors --split val --json`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.paths = args
			if o.split != "train" && o.split != "val" && o.split != "test" {
				return usagef("--split %s: must be train, val or test", o.split)
			}
			if o.batchSize < 1 {
				return usagef("--batch-size %d: must be at least 1", o.batchSize)
			}
			if err := setThreads(cmd, threads); err != nil {
				return err
			}
			return runEval(cmd.Context(), o, s)
		},
	}
	cmd.Flags().StringVar(&o.split, "split", "test", "`SPLIT` of the examples: train, val or test")
	cmd.Flags().IntVar(&o.batchSize, "batch-size", 32, "`N` examples at a time")
	addDataDirFlag(cmd, &o.dataDir)
	addThreadsFlag(cmd, &threads)
	addJSONFlag(cmd, &o.json)
	return cmd
}

func runEval(ctx context.Context, o *evalOptions, s *streams) error {
	var results []evalJSON
	for _, path := range o.paths {
		r, err := evalOne(ctx, o, path, s)
		if err != nil {
			return err
		}
		results = append(results, *r)
		if !o.json {
			if err := r.print(s.out); err != nil {
				return err
			}
		}
	}
	if o.json {
		return s.printJSON(results)
	}
	return nil
}

func evalOne(ctx context.Context, o *evalOptions, path string, s *streams) (*evalJSON, error) {
	e, model, file, err := openTrained(path)
	if err != nil {
		return nil, err
	}
	sets, err := loadData(ctx, e, o.dataDir, 0, s)
	if err != nil {
		return nil, err
	}
	examples := map[string]dataset.Examples{"train": sets.Train, "val": sets.Val, "test": sets.Test}[o.split]
	if examples == nil {
		return nil, fmt.Errorf("%s: its data has no %s split", path, o.split)
	}
	metrics := []metric.Metric{metric.Metrics.Default("accuracy"), metric.Metrics.Default("top_k_categorical_accuracy")}
	r, err := train.Evaluate(ctx, model, examples, sets.Pixels(), o.batchSize, metrics)
	if err != nil {
		return nil, err
	}
	return newEvalJSON(path, file, o.split, e.data.Name, sets.Classes, r), nil
}

// openTrained makes the model of a run or of a checkpoint, with its weights.
func openTrained(path string) (*experiment, *builder.Model, string, error) {
	file := path
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		if file = filepath.Join(path, runs.BestFile); !exists(file) {
			return nil, nil, "", fmt.Errorf("%s: no trained weights here; a run folder has a %s", path, runs.BestFile)
		}
	}
	f, err := checkpoint.Read(file)
	if err != nil {
		return nil, nil, "", err
	}
	text, ok := f.Metadata[metaSpec]
	if !ok {
		return nil, nil, "", fmt.Errorf("%s: holds no spec, so it was not written by cnntrain; use it with fit --weights", file)
	}
	var problems spec.Problems
	e, err := newExperiment(spec.Parse(file+" (spec)", []byte(text), nil, &problems), &problems)
	if err != nil {
		return nil, nil, "", err
	}
	model := e.plan.NewModel(uint64(e.train.Seed))
	return e, model, file, setWeights(model, f, file)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// evalJSON is one result of --json, and what a person is shown.
type evalJSON struct {
	Path      string      `json:"path"`
	File      string      `json:"file"`
	Dataset   string      `json:"dataset"`
	Split     string      `json:"split"`
	Examples  int         `json:"examples"`
	Loss      float64     `json:"loss"`
	Accuracy  float64     `json:"accuracy"`
	Top5      float64     `json:"top_5_accuracy"`
	Classes   []classJSON `json:"classes"`
	Confusion [][]int     `json:"confusion"` // row: the class; column: what it was taken for
}

type classJSON struct {
	Name      string  `json:"name"`
	Examples  int     `json:"examples"`
	Correct   int     `json:"correct"`
	Recall    float64 `json:"recall"`    // share of the class that was found
	Precision float64 `json:"precision"` // share of what was taken for it that was right
	confused  string
}

func newEvalJSON(path, file, split, set string, names []string, r *train.Result) *evalJSON {
	e := &evalJSON{path, file, set, split, r.Examples, r.Loss, r.Metrics[0], r.Metrics[1], nil, r.Confusion}
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
	fmt.Fprintf(w, "%s on %s %s images of %s\nloss: %.4f accuracy: %.4f top-5 accuracy: %.4f\n\n",
		e.File, commas(e.Examples), e.Split, e.Dataset, e.Loss, e.Accuracy, e.Top5)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "class\timages\tcorrect\trecall\tprecision\tmost often taken for")
	for _, c := range e.Classes {
		fmt.Fprintf(t, "%s\t%d\t%d\t%.3f\t%.3f\t%s\n", c.Name, c.Examples, c.Correct, c.Recall, c.Precision, c.confused)
	}
	fmt.Fprintln(t)
	return t.Flush()
}
