package main

import (
	"context"
	"fmt"
	"io"
	"math"

	"cnntrain/internal/checkpoint"
	"cnntrain/internal/runs"
	"cnntrain/internal/table"
	"cnntrain/internal/train"
	"cnntrain/internal/trained"
	"cnntrain/internal/words"

	"github.com/spf13/cobra"
)

type evalOptions struct {
	paths     []string
	split     string // empty: as trained.On says
	dataset   string // --dataset
	dataDir   string
	strict    bool
	batchSize int
	ensemble  string
	tta       string
	errors    string // --errors
	suspects  bool
	json      bool
}

func newEval(s *streams) *cobra.Command {
	o := &evalOptions{}
	cmd := &cobra.Command{
		Use:   "eval RUN|FILE...",
		Short: "Measure loss and accuracy of trained models",
		Long: `Evaluates the best weights of each run, or the weights in a .safetensors file
written by cnntrain, on the dataset of its spec. With --ensemble, also evaluates the
ensemble of all the models.

--errors writes a CSV file of the images that were misclassified, the most confident
predictions first: file, label, predicted class and its probability. --suspects lists
images whose label is probably wrong: misclassified images of the validation data, those
with the highest loss first. For suspects among all images, train folds (docs/GUIDE.md)
and give their runs: each is evaluated on the images it was not trained on.`,
		Example: `  cnntrain eval runs/lenet5/1
  cnntrain eval runs/lenet5/1/last.safetensors --split val --json
  cnntrain eval runs/lenet5/1 --tta flip,shift
  cnntrain eval runs/photos/1 --dataset ./new-photos --errors errors.csv
  cnntrain eval sweeps/photos-folds/1/member-* --suspects
  cnntrain eval runs/lenet5/1 runs/lenet5/2 runs/lenet5/3 --ensemble mean`,
		Args: atLeast(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.paths = withoutLogs(args)
			if err := o.checkData(cmd); err != nil {
				return err
			}
			if err := checkBatchSize(cmd, o.batchSize); err != nil {
				return err
			}
			if o.suspects && !cmd.Flags().Changed("split") {
				o.split = "val"
			}
			switch {
			case o.suspects && o.ensemble != "":
				return usagef("--suspects asks each model about images it was not trained on; leave out --ensemble")
			case o.errors != "" && len(args) > 1 && o.ensemble == "":
				return usagef("--errors: %d models are given; give one, or --ensemble mean or vote", len(args))
			}
			if o.errors != "" {
				if err := checkpoint.CheckFile(o.errors); err != nil {
					return err
				}
			}
			return runEval(cmd.Context(), o, s)
		},
	}
	o.addDataFlags(cmd)
	cmd.Flags().IntVar(&o.batchSize, "batch-size", 0, "batch size `N` (default: as in training)")
	addEnsembleFlag(cmd, &o.ensemble)
	addTTAFlag(cmd, &o.tta)
	cmd.Flags().Var((*filePath)(&o.errors), "errors", "write the misclassified images to `FILE` as CSV")
	cmd.Flags().BoolVar(&o.suspects, "suspects", false, "list images whose label is probably wrong, of the validation data unless --split is given")
	addStrictFlag(cmd, &o.strict)
	addComputeFlags(cmd)
	addJSONFlag(cmd, &o.json)
	return cmd
}

func runEval(ctx context.Context, o *evalOptions, s *streams) error {
	members, err := openAll(o.paths, o.tta)
	if err != nil {
		return err
	}
	var together train.Predictor
	if o.ensemble != "" {
		if together, err = combine(members, o.ensemble); err != nil {
			return err
		}
	}
	var results []*trained.Evaluation
	add := func(r *trained.Evaluation, err error) error {
		if err != nil {
			return err
		}
		results = append(results, r)
		if !o.json && !o.suspects {
			return printEvaluation(r, s.out)
		}
		return nil
	}
	on, err := o.on(s)
	if err != nil {
		return err
	}
	for i, m := range members {
		s.showEdited(o.paths[i], m)
		if err := add(m.Evaluate(ctx, o.paths[i], on)); err != nil {
			return err
		}
	}
	if together != nil {
		name := fmt.Sprintf("ensemble of %d (%s)", len(members), o.ensemble)
		if err := add(trained.EvaluateTogether(ctx, name, members, together, results, on)); err != nil {
			return err
		}
	}
	if o.errors != "" {
		if err := writeErrors(o.errors, results[len(results)-1].Tested.Mistakes()); err != nil {
			return err
		}
	}
	switch {
	case o.suspects:
		return showSuspects(results, o.json, s)
	case o.json:
		return s.printJSON(results)
	}
	return nil
}

// addDataFlags adds the flags that select the examples to evaluate on.
func (o *evalOptions) addDataFlags(cmd *cobra.Command) {
	addSplitFlag(cmd, &o.split)
	addTextFlag(cmd, &o.dataset, "dataset", "use `DATASET`, whose classes are found by name, in place of what the model was trained on; without --split, all images of a folder that has no test images of its own")
	addDataDirFlag(cmd, &o.dataDir)
}

// checkData checks --split, and clears the default if the flag is not given.
func (o *evalOptions) checkData(cmd *cobra.Command) error {
	if !cmd.Flags().Changed("split") {
		o.split = ""
		return nil
	}
	return checkSplit(o.split)
}

// on returns the examples that the flags select.
func (o *evalOptions) on(s *streams) (on trained.On, err error) {
	on = trained.On{Split: o.split, Source: source(o.dataDir, o.strict, s), Batch: o.batchSize, Name: o.dataset}
	if o.dataset != "" {
		on.Dataset, err = decodeDataset(o.dataset, "--dataset")
	}
	return on, err
}

// printEvaluation prints a result as text.
func printEvaluation(e *trained.Evaluation, w io.Writer) error {
	name := e.File
	if name == "" {
		name = e.Path
	}
	first := runs.Figures{{Name: "loss", Value: e.Loss}, {Name: "accuracy", Value: e.Accuracy}}
	if e.Top5 != nil {
		first = append(first, runs.Figure{Name: "top-5 accuracy", Value: *e.Top5})
	}
	split := e.Split + " "
	if e.Split == "all" {
		split = ""
	}
	views := ""
	if e.TTA != "" {
		views = ", views " + e.TTA
	}
	words.Fprintf(w, "%s on %s %simages of %s%s\n%s\n", name, words.Commas(e.Examples), split, e.Dataset, views, figures(append(first, e.Metrics...)))
	t := table.New(w)
	if e.Decisions != nil {
		words.Fprintf(w, "macro F1: %s; always deciding what is more often true of each class would reach %.3f\n\n", fourDigits(e.MacroF1), e.Largest)
		t.Printf("class\timages\tfound\twrongly\trecall\tprecision\tF1\n")
		for i, c := range e.Classes {
			t.Printf("%s\t%d\t%d\t%d\t%s\t%s\t%s\n", c.Name, c.Examples, c.Correct, e.Decisions[i].False, c.Recall, c.Precision, c.F1)
		}
		return endEvaluation(e, t)
	}
	words.Fprintf(w, "balanced accuracy: %s macro F1: %s; the largest class alone would reach %.3f\n\n", fourDigits(e.Balanced), fourDigits(e.MacroF1), e.Largest)
	t.Printf("class\timages\tcorrect\trecall\tprecision\tF1\tmost often taken for\n")
	for _, c := range e.Classes {
		t.Printf("%s\t%d\t%d\t%s\t%s\t%s\t%s\n", c.Name, c.Examples, c.Correct, c.Recall, c.Precision, c.F1, c.Confused)
	}
	return endEvaluation(e, t)
}

// endEvaluation ends a table with the results of the members of an ensemble.
func endEvaluation(e *trained.Evaluation, t *table.Writer) error {
	t.Printf("\n")
	if len(e.Members) > 0 {
		t.Printf("member\tloss\taccuracy\n")
		for _, m := range e.Members {
			t.Printf("%s\t%.4f\t%.4f\n", m.File, m.Loss, m.Accuracy)
		}
		t.Printf("together\t%.4f\t%.4f\n\n", e.Loss, e.Accuracy)
	}
	return t.Flush()
}

// fourDigits is a fraction as the other figures of a result are written.
func fourDigits(f trained.Fraction) string {
	if math.IsNaN(float64(f)) {
		return f.String()
	}
	return fmt.Sprintf("%.4f", float64(f))
}
