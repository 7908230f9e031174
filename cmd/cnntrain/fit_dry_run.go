package main

import (
	"context"

	"cnntrain/internal/comm"
	"cnntrain/internal/experiment"
	"cnntrain/internal/words"
)

// dryRun shows the model and an estimate of what training takes.
func dryRun(ctx context.Context, w comm.World, o *fitOptions, e *experiment.Experiment, s *streams) error {
	x, err := e.Expect(ctx, o.options(w, s), func() error {
		if o.json {
			return nil
		}
		return printSummary(s.out, e.Plan)
	})
	if err != nil || x == nil { // only on rank 0
		return err
	}
	if o.json {
		summary := summaryJSON(e.Plan)
		summary["expected"] = x
		return s.printJSON(summary)
	}
	err = s.printf(" An epoch: about %s, %s of %s and the validation; all %d: at most %s\n Memory: about %s\n",
		took(x.Epoch), words.Count(x.Steps, "step"), words.Duration(x.Step/1000), e.Train.Epochs, took(x.Epoch*float64(e.Train.Epochs)), words.Size(int64(x.Memory)))
	return err
}
