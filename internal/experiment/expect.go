package experiment

import (
	"context"
	"slices"
	"time"

	"cnntrain/internal/builder"
	"cnntrain/internal/comm"
	"cnntrain/internal/data"
	"cnntrain/internal/data/dataset"
)

// Expected is what training will take on this machine.
type Expected struct {
	Steps  int     `json:"steps"`        // of an epoch
	Step   float64 `json:"milliseconds"` // of one
	Epoch  float64 `json:"epoch_seconds"`
	Memory int     `json:"memory"` // bytes
}

// dryTime is how long training and prediction are measured for, at least.
const dryTime = time.Second / 2

// Expect makes sure that Fit could begin, without a download, and measures some steps on
// the data. The memory is what the program held by then, the data included, or what the plan
// says where the system does not tell. It is rank 0's alone; the others get nil.
func (e *Experiment) Expect(ctx context.Context, o Options) (x *Expected, err error) {
	o = o.filled()
	if e, err = e.fresh(); err == nil {
		err = e.CheckRanks(o.World)
	}
	if err := comm.Agree(o.World, err); err != nil {
		return nil, err
	}
	model, err := e.begin(o)
	if err != nil {
		return nil, err
	}
	err = onFirst(o.World, func() error {
		o.Source.Offline = true
		sets, err := e.LoadData(ctx, o.Source)
		if err == nil {
			x, err = e.expect(ctx, model, sets)
		}
		return err
	})
	return x, err
}

func (e *Experiment) expect(ctx context.Context, model *builder.Model, sets *data.Sets) (*Expected, error) {
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
	x := &Expected{Steps: batches(sets.Train.Len()), Step: milliseconds(step)}
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
	x.Memory = max(PeakMemory(), int(e.Plan.Memory(e.Train.BatchSize))) + copies
	return x, nil
}
