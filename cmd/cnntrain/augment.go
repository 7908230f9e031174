package main

import (
	"context"
	"fmt"
	"image"
	"slices"

	"cnntrain/internal/batch"
	"cnntrain/internal/builder"
	"cnntrain/internal/experiment"
	"cnntrain/internal/plot"
	"cnntrain/internal/words"

	"github.com/spf13/cobra"
)

type augmentOptions struct {
	path    string
	out     string
	images  int
	draws   int
	seed    int
	dataDir string
	sets    []string
}

func newAugment(s *streams) *cobra.Command {
	o := &augmentOptions{}
	cmd := &cobra.Command{
		Use:   "augment SPEC -o FILE",
		Short: "Draw training images before and after augmentation",
		Long: `Draws training images, taking the classes in turn. Beside each image it draws the
augmented image of several training steps. The images pass through the same layers
as in the training graph.`,
		Example: `  cnntrain augment specs/lenet5-augment.yaml -o grid.png
  cnntrain augment specs/lenet5-all.yaml -o grid.svg --images 4 --draws 12 --seed 3`,
		Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.path = args[0]
			if o.images < 1 || o.images > 1000 {
				return usagef("--images %d: must be from 1 to 1000", o.images)
			}
			if o.draws < 1 || o.draws > 100 {
				return usagef("--draws %d: must be from 1 to 100", o.draws)
			}
			if o.seed < 0 {
				return usagef("--seed %d: must be at least 0", o.seed)
			}
			if err := checkPicture(o.out); err != nil {
				return err
			}
			return runAugment(cmd.Context(), o, cmd.Flags().Changed("seed"), s)
		},
	}
	addPictureFlag(cmd, &o.out)
	cmd.Flags().IntVar(&o.images, "images", 10, "draw `N` images")
	cmd.Flags().IntVar(&o.draws, "draws", 8, "draw each image as augmented in `M` training steps")
	cmd.Flags().IntVar(&o.seed, "seed", 0, "random seed `N` (default: the spec's seed)")
	addDataDirFlag(cmd, &o.dataDir)
	addSetFlag(cmd, &o.sets)
	return cmd
}

func runAugment(ctx context.Context, o *augmentOptions, seeded bool, s *streams) error {
	overrides, err := parseSets(o.sets)
	if err != nil {
		return err
	}
	e, err := experiment.Load(o.path, overrides)
	if err != nil {
		return err
	}
	if !seeded {
		o.seed = e.Train.Seed
	}
	if a, err := e.Plan.NewAugmenter(1, 0, true); a == nil {
		if err == nil {
			err = usagef("%s: the model has no augmentation in front, such as random_flip: horizontal", o.path)
		}
		return err
	}
	sets, err := e.LoadData(ctx, source(o.dataDir, false, s))
	if err != nil {
		return err
	}
	// One image of each class, then a second one of each, and so on.
	var chosen []int
	rounds := (o.images-1)/len(sets.Classes) + 1
	each := firstOfEach(sets.Train, len(sets.Classes), sets.Labels, rounds)
	for k := range rounds {
		for _, of := range each {
			if k < len(of) && len(chosen) < o.images {
				chosen = append(chosen, of[k])
			}
		}
	}
	pixels := sets.Pixels()
	originals := make([]float32, len(chosen)*pixels)
	sheet := &plot.Sheet{Title: e.Spec.Name + ": what the model sees in training", Columns: []string{"original"}, Split: 1}
	for i, k := range chosen {
		if err := sets.Train.Image(originals[i*pixels:][:pixels], k); err != nil {
			return err
		}
		sheet.Rows = append(sheet.Rows, plot.SheetRow{Label: []string{sets.LabelText(sets.Train.Label(k))},
			Images: []image.Image{plot.Image(originals[i*pixels:][:pixels], sets.Shape[0], sets.Shape[1], sets.Shape[2], 0, 255)}})
	}
	for step := range o.draws {
		sheet.Columns = append(sheet.Columns, fmt.Sprint("step ", step+1))
	}
	if err := addDraws(sheet, e.Plan, uint64(o.seed), originals, o.draws); err != nil {
		return err
	}
	if err := savePicture(ctx, o.out, plot.Contact(sheet), s); err != nil {
		return err
	}
	err = s.printf("%s: %s in %s\n", o.out, words.Count(len(chosen), "image"), words.Count(o.draws, "draw"))
	return err
}

// addDraws adds to each row of sheet the augmented image of each step.
func addDraws(sheet *plot.Sheet, p *builder.Plan, seed uint64, images []float32, draws int) error {
	n := len(sheet.Rows)
	a, err := p.NewAugmenter(n, seed, true)
	if err != nil {
		return err
	}
	low, high, err := grays(p, len(images)/n)
	if err != nil {
		return err
	}
	for step := range draws {
		out, err := a.Run(batch.Place{Step: step}, images)
		if err != nil {
			return err
		}
		size := a.Out.Size()
		for i := range sheet.Rows {
			sheet.Rows[i].Images = append(sheet.Rows[i].Images,
				plot.Image(out[i*size:][:size], a.Out[0], a.Out[1], a.Out[2], low, high))
		}
	}
	return nil
}

// grays returns the outputs for black and for white, since layers such as rescaling may be
// among the augmentation.
func grays(p *builder.Plan, pixels int) (black, white float32, err error) {
	a, err := p.NewAugmenter(1, 0, false)
	if err != nil {
		return 0, 0, err
	}
	image := make([]float32, pixels)
	out, err := a.Run(batch.Place{}, image)
	if err != nil {
		return 0, 0, err
	}
	black = slices.Min(out)
	for i := range image {
		image[i] = 255
	}
	if out, err = a.Run(batch.Place{}, image); err != nil {
		return 0, 0, err
	}
	return black, slices.Max(out), nil
}
