package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"

	"cnntrain/internal/data/dataset"
	"cnntrain/internal/runs"
	"cnntrain/internal/train"
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
		Short: "Name the class of images",
		Long: `Shows the most likely classes of PNG and JPEG images of any size, or of all images in
a folder, with their probabilities. Several runs predict together. Images are brought
to the size of the model's input as those of its dataset were.`,
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

// isTrained tells a run or a checkpoint from an image.
func isTrained(path string) bool {
	return strings.HasSuffix(path, ".safetensors") || exists(filepath.Join(path, runs.InfoFile)) || exists(filepath.Join(path, runs.BestFile))
}

// predictionJSON is what is said of one image.
type predictionJSON struct {
	Image   string      `json:"image"`
	Classes []likeClass `json:"classes"` // the most likely first
	Error   string      `json:"error,omitempty"`
}

type likeClass struct {
	Name        string  `json:"name"`
	Probability float64 `json:"probability"`
}

func runPredict(ctx context.Context, o *predictOptions, s *streams) error {
	members, err := trained.OpenAll(o.models)
	if err != nil {
		return err
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
	p := &predictor{model: model, set: first.Data.Dataset, shape: first.Spec.Input, classes: first.ClassNames(), top: o.top}
	var predictions []predictionJSON
	var skipped []string
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	for some := range slices.Chunk(files, first.Train.BatchSize) {
		batch, err := p.predict(ctx, some)
		if err != nil {
			return err
		}
		for _, prediction := range batch {
			if prediction.Error != "" {
				skipped = append(skipped, prediction.Error)
			} else if !o.json {
				prediction.print(w)
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

// A predictor names the classes of images, a batch at a time.
type predictor struct {
	model   train.Predictor
	set     dataset.Dataset // trained on
	shape   []int
	classes []string
	top     int
}

// predict reads the files side by side. One that cannot be read has an error.
func (p *predictor) predict(ctx context.Context, files []string) ([]predictionJSON, error) {
	size := p.shape[0] * p.shape[1] * p.shape[2]
	pixels := make([]float32, len(files)*size)
	predictions := make([]predictionJSON, len(files))
	var readers sync.WaitGroup
	for i, file := range files {
		readers.Go(func() {
			predictions[i].Image = file
			if err := dataset.ReadImage(p.set, pixels[i*size:][:size], p.shape, file); err != nil {
				predictions[i].Error = err.Error()
			}
		})
	}
	readers.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	labels := slices.Repeat([]int{-1}, len(files)) // nobody knows
	_, probabilities, err := p.model.Evaluate(pixels, labels)
	if err != nil {
		return nil, err
	}
	for i := range predictions {
		if predictions[i].Error == "" {
			predictions[i].Classes = p.likely(probabilities[i*len(p.classes):][:len(p.classes)])
		}
	}
	return predictions, nil
}

// likely returns the most likely classes.
func (p *predictor) likely(probabilities []float32) []likeClass {
	all := make([]likeClass, len(probabilities))
	for c, v := range probabilities {
		all[c] = likeClass{p.classes[c], float64(v)}
	}
	slices.SortStableFunc(all, func(a, b likeClass) int { return cmp.Compare(b.Probability, a.Probability) })
	return all[:min(p.top, len(all))]
}

// print writes "cat.png  cat 93.1%  dog 5.0%".
func (p *predictionJSON) print(w *tabwriter.Writer) {
	fmt.Fprint(w, p.Image)
	for _, c := range p.Classes {
		fmt.Fprintf(w, "\t%s %.1f%%", c.Name, 100*c.Probability)
	}
	fmt.Fprintln(w)
}
