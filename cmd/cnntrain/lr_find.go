package main

import (
	"context"
	"errors"
	"fmt"

	"cnntrain/internal/comm"
	"cnntrain/internal/experiment"
	"cnntrain/internal/plot"
	"cnntrain/internal/train"

	"github.com/spf13/cobra"
)

type lrFindOptions struct {
	path     string
	out      string
	dataDir  string
	sets     []string
	from, to float64
	steps    int
	json     bool
}

func newLRFind(s *streams) *cobra.Command {
	o := &lrFindOptions{}
	cmd := &cobra.Command{
		Use:   "lr-find SPEC",
		Short: "Find a learning rate to train with",
		Long: `Trains for some steps, raising the learning rate in each, and suggests the learning
rate at which the loss falls most steeply, relative to its value: on the logarithmic axes of
the picture, the steepest place. The trained weights are discarded.`,
		Example: `  cnntrain lr-find specs/lenet5.yaml -o rates.png
  cnntrain lr-find specs/lenet5.yaml --set train.optimizer=sgd --to 10`,
		Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.path = args[0]
			if !(o.from > 0 && o.to > o.from && o.to <= 1e6) {
				return usagef("--from %v --to %v: --from must be above 0, --to above --from and at most 1e6", o.from, o.to)
			}
			if o.steps < 20 {
				return usagef("--steps %d: must be at least 20", o.steps)
			}
			if o.out != "" {
				if err := checkPicture(o.out); err != nil {
					return err
				}
			}
			return runLRFind(cmd.Context(), o, s)
		},
	}
	addPictureFlag(cmd, &o.out)
	cmd.Flags().Float64Var(&o.from, "from", 1e-6, "start at learning rate `RATE`")
	cmd.Flags().Float64Var(&o.to, "to", 1, "stop at learning rate `RATE`")
	cmd.Flags().IntVar(&o.steps, "steps", 600, "train for `N` steps, each at another learning rate")
	addDataDirFlag(cmd, &o.dataDir)
	addSetFlag(cmd, &o.sets)
	addComputeFlags(cmd)
	addJSONFlag(cmd, &o.json)
	return cmd
}

type lrFindJSON struct {
	Suggestion float64         `json:"suggestion"`
	Lowest     float64         `json:"lowest"` // learning rate of the lowest loss
	Rates      []triedRateJSON `json:"rates"`
}

type triedRateJSON struct {
	Rate     float64 `json:"rate"`
	Loss     float64 `json:"loss"`
	Smoothed float64 `json:"smoothed"`
}

func runLRFind(ctx context.Context, o *lrFindOptions, s *streams) error {
	overrides, err := parseSets(o.sets)
	if err != nil {
		return err
	}
	e, err := experiment.Load(o.path, overrides)
	if err != nil {
		return err
	}
	if err := e.CheckRanks(comm.Self{}); err != nil {
		return err
	}
	sets, err := e.LoadData(ctx, source(o.dataDir, false, s))
	if err != nil {
		return err
	}
	m, err := e.Started(ctx, sets, s.logf)
	if err != nil {
		return err
	}
	s.logf("training %s at %d learning rates from %g to %g", e.Spec.Name, o.steps, o.from, o.to)
	tried, err := train.TryRates(ctx, m, sets, e.Train, o.from, o.to, o.steps)
	if err != nil {
		return err
	}
	steepest, lowest, noRate := train.SuggestRate(tried)
	if noRate != nil {
		err = fmt.Errorf("%w; --steps above %d may show more", noRate, o.steps)
	} else {
		err = o.show(tried, steepest, lowest, s)
	}
	if o.out != "" { // last, so that a full disk loses the picture alone
		err = errors.Join(err, savePicture(ctx, o.out, ratesPicture(e.Spec.Name, tried, steepest), s))
	}
	return err
}

// show prints the result.
func (o *lrFindOptions) show(tried []train.TriedRate, steepest, lowest float64, s *streams) error {
	if o.json {
		result := lrFindJSON{Suggestion: steepest, Lowest: lowest}
		for _, t := range tried {
			result.Rates = append(result.Rates, triedRateJSON(t))
		}
		return s.printJSON(result)
	}
	return s.printf("suggested learning rate: %.2g, where the loss falls most steeply\n%s\n", steepest,
		commandLine(append(withData([]string{"fit", o.path}, o.dataDir, o.sets), "--set", fmt.Sprintf("train.optimizer.learning_rate=%.2g", steepest))...))
}

// ratesPicture draws the losses over the learning rate, with a dot at the suggested one.
func ratesPicture(name string, tried []train.TriedRate, suggested float64) *plot.Picture {
	batch := plot.Series{Name: "loss of the batch", Group: 1, Thin: true}
	smooth := plot.Series{Name: "smoothed", Marks: []float64{suggested}}
	for _, t := range tried {
		batch.X, batch.Y = append(batch.X, t.Rate), append(batch.Y, t.Loss)
		smooth.X, smooth.Y = append(smooth.X, t.Rate), append(smooth.Y, t.Smoothed)
	}
	title := name + ": loss"
	if suggested > 0 {
		title += fmt.Sprintf(", suggested %.2g", suggested)
	}
	return plot.Curves(plot.Chart{Title: title, X: "learning rate", Log: true, LogY: true, Series: []plot.Series{batch, smooth}})
}
