package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"cnntrain/internal/builder"
	"cnntrain/internal/data"
	"cnntrain/internal/data/dataset"
	"cnntrain/internal/experiment"
	"cnntrain/internal/words"
)

// dryRun makes sure that the data can be had, and shows the model and what training
// it takes.
func dryRun(ctx context.Context, o *fitOptions, e *experiment.Experiment, model *builder.Model, s *streams) error {
	src, err := source(o.dataDir, o.strict, s)
	if err != nil {
		return err
	}
	src.Offline = true
	sets, err := e.LoadData(ctx, src)
	if err != nil {
		return err
	}
	x, err := expect(ctx, e, model, sets)
	if err != nil {
		return err
	}
	if o.json {
		summary := summaryJSON(e.Plan)
		summary["expected"] = x
		return s.printJSON(summary)
	}
	if err := printSummary(s.out, e.Plan); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, " An epoch: about %s, %s of %.3g ms and the validation; all %d: at most %s\n Memory: about %s\n",
		took(x.Epoch), words.Count(x.Steps, "step"), x.Step, e.Train.Epochs, took(x.Epoch*float64(e.Train.Epochs)), words.Bytes(x.Memory/4))
	return err
}

// expected is what training will take on this machine.
type expected struct {
	Steps  int     `json:"steps"`        // of an epoch
	Step   float64 `json:"milliseconds"` // of one
	Epoch  float64 `json:"epoch_seconds"`
	Memory int     `json:"memory"` // bytes
}

// dryTime is how long training and prediction are measured for, at least.
const dryTime = time.Second / 2

// expect measures some steps on the data. The memory is what the program held by
// then, the data included, or what the plan says where the system does not tell.
func expect(ctx context.Context, e *experiment.Experiment, model *builder.Model, sets *data.Sets) (*expected, error) {
	median := func(training bool, examples dataset.Examples) (time.Duration, error) {
		b := &bench{Experiment: e, model: model, training: training, time: dryTime, data: examples}
		if err := b.run(ctx); err != nil {
			return 0, err
		}
		return slices.Sorted(slices.Values(b.steps))[len(b.steps)/2], nil
	}
	batches := func(n int) int { return (n + e.Train.BatchSize - 1) / e.Train.BatchSize }
	step, err := median(true, sets.Train)
	if err != nil {
		return nil, err
	}
	x := &expected{Steps: batches(sets.Train.Len()), Step: milliseconds(step)}
	x.Epoch = step.Seconds() * float64(x.Steps)
	if sets.Val != nil {
		prediction, err := median(false, sets.Val)
		if err != nil {
			return nil, err
		}
		x.Epoch += prediction.Seconds() * float64(batches(sets.Val.Len()))
	}
	trainable, frozen := e.Plan.Params()
	copies := 2 * 4 * (trainable + frozen) // the best weights: early stopping keeps them, the test reads them
	x.Memory = max(experiment.PeakMemory(), int(e.Plan.Memory(e.Train.BatchSize))) + copies
	return x, nil
}
