package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"cnntrain/internal/data/dataset"
	"cnntrain/internal/interop"
	"cnntrain/internal/runs"
	"cnntrain/internal/table"
	"cnntrain/internal/train"
	"cnntrain/internal/trained"
	"cnntrain/internal/words"

	"github.com/spf13/cobra"
)

type predictOptions struct {
	models   []string
	images   []string
	top      int
	ensemble string
	tta      string
	strict   bool
	json     bool
	csv      bool
}

func newPredict(s *streams) *cobra.Command {
	o := &predictOptions{}
	cmd := &cobra.Command{
		Use:   "predict RUN|FILE... IMAGE...",
		Short: "Predict the classes of images",
		Long: `Shows the most likely classes, with their probabilities, of images of any size or of
all images in a folder; - is an image on standard input. Several runs predict as an
ensemble. Images are resized to the model's input in the same way as those of its
dataset. Predictions are written as they are made, so a folder may be of any size. Files that
are no images are named and left out. A file that is missing or may not be read is an error, after
all others are predicted. In JSON each has its place and an error.`,
		Example: `  cnntrain predict runs/lenet5/1 cat.png
  cnntrain predict runs/lenet5/1 photos/ --csv --top 1 > classes.csv
  curl -L https://example.org/cat.jpg | cnntrain predict runs/lenet5/1 -
  cnntrain predict runs/lenet5/1 runs/lenet5/2 --ensemble vote photos/ --json`,
		Args: atLeast(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, arg := range args {
				if strings.Contains(arg, "://") && !exists(arg) {
					return usagef("%s: a URL; predict reads files. Write: curl -L %s | cnntrain predict %s -", arg, words.Shell(arg), words.Shell(args[0]))
				}
				if isTrained(arg) {
					o.models = append(o.models, arg)
				} else {
					o.images = append(o.images, arg)
				}
			}
			switch {
			case len(o.models) == 0 && runs.Within(args[0]) != "":
				return usagef("%s: is a folder of runs; choose one: %s", args[0], runs.Within(args[0]))
			case len(o.models) == 0 && interop.Kind(args[0]) != "":
				return usagef("%s %s; the first argument says which model predicts", args[0], interop.Kind(args[0]))
			case len(o.models) == 0:
				return usagef("%s: not a run or a .safetensors file; the first argument says which model predicts", args[0])
			case len(o.images) == 0:
				return usagef("no image is given, after %s", strings.Join(args, " "))
			case o.csv && o.json:
				return usagef("--csv and --json: only one of them can be on standard output")
			case o.top < 1:
				return usagef("--top %d: must be at least 1", o.top)
			}
			return runPredict(cmd.Context(), o, s)
		},
	}
	cmd.Flags().IntVar(&o.top, "top", 3, "show the `N` most likely classes")
	addEnsembleFlag(cmd, &o.ensemble)
	addTTAFlag(cmd, &o.tta)
	addStrictFlag(cmd, &o.strict)
	addComputeFlags(cmd)
	addJSONFlag(cmd, &o.json)
	cmd.Flags().BoolVar(&o.csv, "csv", false, "write the result as CSV: image,class,probability, and the same for further classes")
	return cmd
}

// isTrained distinguishes a run or a checkpoint from an image.
func isTrained(path string) bool {
	return strings.HasSuffix(path, ".safetensors") || exists(filepath.Join(path, runs.InfoFile)) || exists(filepath.Join(path, runs.BestFile))
}

func runPredict(ctx context.Context, o *predictOptions, s *streams) error {
	members, err := openAll(o.models, o.tta)
	if err != nil {
		return err
	}
	for i, m := range members {
		s.showEdited(o.models[i], m)
		m.Net.Fold() // it only predicts
	}
	model, err := combine(members, o.ensemble)
	if err != nil {
		return err
	}
	j := &predictJob{ctx: ctx, predictOptions: o, streams: s, first: members[0], model: model}
	j.out = newPredictions(o, s.out)
	for _, path := range o.images {
		if path == "-" {
			err = j.standardInput()
		} else {
			err = j.path(path)
		}
		if err != nil {
			return err
		}
	}
	if err := j.flush(); err != nil {
		return err
	}
	if err := j.out.end(); err != nil {
		return err
	}
	if err := s.showSkipped(j.skipped, j.faulty, o.strict); err != nil || j.refused > 0 {
		return errors.Join(err, j.refusals())
	}
	if j.faulty == j.images {
		return errors.New("no image is left to predict")
	}
	return nil
}

// A predictJob predicts images as they are found, a batch at a time.
type predictJob struct {
	ctx context.Context
	*predictOptions
	*streams
	first  *trained.Model
	model  train.Predictor
	out    predictions
	batch  []string
	images int

	faulty  int      // images that cannot be decoded
	skipped []string // what is wrong with the first of them

	refused int     // files and folders that are missing or may not be read
	missing []error // the first of them
}

// path predicts the image at path, or those in the folder there. If there is none, what else is
// given is predicted all the same.
func (j *predictJob) path(path string) error {
	var failed error
	err := dataset.EachImage(j.ctx, path, func(file string) error {
		failed = j.add(file)
		return failed
	})
	if err == nil || failed != nil || j.ctx.Err() != nil {
		return err
	}
	if err := j.flush(); err != nil { // those before it come first
		return err
	}
	return j.write([]trained.Prediction{{Image: path, Error: err.Error(), Refused: true}}, nil)
}

// refusals is the error that files are missing or may not be read.
func (j *predictJob) refusals() error {
	if left := j.refused - len(j.missing); left > 0 {
		return errors.Join(append(j.missing, fmt.Errorf("and %s more", words.Commas(left)))...)
	}
	return errors.Join(j.missing...)
}

func (j *predictJob) add(file string) error {
	if j.batch = append(j.batch, file); len(j.batch) < j.first.Train.BatchSize {
		return nil
	}
	return j.flush()
}

// flush predicts the images added since the last call.
func (j *predictJob) flush() error {
	if len(j.batch) == 0 {
		return nil
	}
	found, err := j.first.Predict(j.ctx, j.model, j.batch, j.top)
	j.batch = j.batch[:0]
	return j.write(found, err)
}

// standardInput predicts the image there.
func (j *predictJob) standardInput() error {
	if err := j.flush(); err != nil {
		return err
	}
	if j.data == nil {
		return usagef("-: standard input is a terminal; an image is read from it, such as: cnntrain predict RUN - < cat.jpg")
	}
	content, err := io.ReadAll(io.LimitReader(j.data, maxInput+1))
	switch {
	case err != nil:
		return fmt.Errorf("standard input: %w", err)
	case len(content) > maxInput:
		return errors.New("standard input: too long for an image")
	}
	found, err := j.first.PredictContent(j.ctx, j.model, "-", content, j.top)
	return j.write(found, err)
}

// maxInput is the largest image on standard input, in bytes: what an image may take in memory.
const maxInput = 1 << 30

// write writes predictions.
func (j *predictJob) write(found []trained.Prediction, err error) error {
	j.images += len(found)
	for i := range found {
		if found[i].Refused {
			if j.refused++; j.refused <= maxSkipped {
				j.missing = append(j.missing, errors.New(found[i].Error))
			}
		} else if found[i].Error != "" {
			if j.faulty++; j.faulty <= maxSkipped {
				j.skipped = append(j.skipped, found[i].Error)
			}
		}
		if err == nil {
			err = j.out.add(&found[i])
		}
	}
	return err
}

// printPrediction writes "cat.png cat 93.1% dog 5.0%". Where several classes can be true,
// those that are not are in parentheses.
func printPrediction(p *trained.Prediction, w *table.Writer) {
	w.Printf("%s", p.Image)
	for _, c := range p.Classes {
		form := "\t%s %.1f%%"
		if p.Labels != nil && !slices.Contains(p.Labels, c.Name) {
			form = "\t(%s %.1f%%)"
		}
		w.Printf(form, c.Name, 100*c.Probability)
	}
	w.Printf("\n")
}
