package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"cnntrain/internal/data/dataset"
	"cnntrain/internal/interop"
	"cnntrain/internal/runs"
	"cnntrain/internal/table"
	"cnntrain/internal/trained"

	"github.com/spf13/cobra"
)

type predictOptions struct {
	models   []string
	images   []string
	top      int
	ensemble string
	strict   bool
	json     bool
}

func newPredict(s *streams) *cobra.Command {
	o := &predictOptions{}
	cmd := &cobra.Command{
		Use:   "predict RUN|FILE... IMAGE...",
		Short: "Predict the classes of images",
		Long: `Shows the most likely classes, with their probabilities, of images of any size or of
all images in a folder. Several runs predict as an ensemble. Images are resized to the
model's input in the same way as those of its dataset.`,
		Example: `  cnntrain predict runs/lenet5/1 cat.png
  cnntrain predict runs/lenet5/1 runs/lenet5/2 --ensemble vote photos/ --json`,
		Args: atLeast(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, arg := range args {
				if isTrained(arg) {
					o.models = append(o.models, arg)
				} else {
					o.images = append(o.images, arg)
				}
			}
			switch {
			case len(o.models) == 0 && interop.Kind(args[0]) != "":
				return usagef("%s %s; the first argument says which model predicts", args[0], interop.Kind(args[0]))
			case len(o.models) == 0:
				return usagef("%s: not a run or a .safetensors file; the first argument says which model predicts", args[0])
			case len(o.images) == 0:
				return usagef("no image is given, after %s", strings.Join(args, " "))
			case o.top < 1:
				return usagef("--top %d: must be at least 1", o.top)
			}
			return runPredict(cmd.Context(), o, s)
		},
	}
	cmd.Flags().IntVar(&o.top, "top", 3, "show the `N` most likely classes")
	addEnsembleFlag(cmd, &o.ensemble)
	addStrictFlag(cmd, &o.strict)
	addComputeFlags(cmd)
	addJSONFlag(cmd, &o.json)
	return cmd
}

// isTrained distinguishes a run or a checkpoint from an image.
func isTrained(path string) bool {
	return strings.HasSuffix(path, ".safetensors") || exists(filepath.Join(path, runs.InfoFile)) || exists(filepath.Join(path, runs.BestFile))
}

func runPredict(ctx context.Context, o *predictOptions, s *streams) error {
	members, err := trained.OpenAll(o.models)
	if err != nil {
		return err
	}
	for i, m := range members {
		s.showEdited(o.models[i], m)
	}
	model, err := combine(members, o.ensemble)
	if err != nil {
		return err
	}
	var files []string
	for _, path := range o.images {
		listed, err := dataset.ListImages(ctx, path)
		if err != nil {
			return err
		}
		files = append(files, listed...)
	}
	first := members[0]
	var predictions []trained.Prediction
	var skipped []string
	w := table.New(s.out)
	for some := range slices.Chunk(files, first.Train.BatchSize) {
		batch, err := first.Predict(ctx, model, some, o.top)
		if err != nil {
			return err
		}
		for _, prediction := range batch {
			if prediction.Error != "" {
				skipped = append(skipped, prediction.Error)
			} else if !o.json {
				printPrediction(&prediction, w)
			}
		}
		predictions = append(predictions, batch...)
	}
	if o.json {
		err = s.printJSON(predictions)
	} else {
		err = w.Flush()
	}
	if err != nil {
		return err
	}
	if err := s.showSkipped(skipped, o.strict); err != nil {
		return err
	}
	if len(skipped) == len(files) {
		return errors.New("no image is left to predict")
	}
	return nil
}

// printPrediction writes "cat.png cat 93.1% dog 5.0%". Where several classes can be true,
// those that are not are in parentheses.
func printPrediction(p *trained.Prediction, w *table.Writer) {
	fmt.Fprint(w, p.Image)
	for _, c := range p.Classes {
		form := "\t%s %.1f%%"
		if p.Labels != nil && !slices.Contains(p.Labels, c.Name) {
			form = "\t(%s %.1f%%)"
		}
		fmt.Fprintf(w, form, c.Name, 100*c.Probability)
	}
	fmt.Fprintln(w)
}
