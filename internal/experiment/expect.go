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

// Expected is an estimate of what training takes on this machine.
type Expected struct {
	Steps  int     `json:"steps"`        // steps per epoch
	Step   float64 `json:"milliseconds"` // seconds per step
	Epoch  float64 `json:"epoch_seconds"`
	Memory int     `json:"memory"` // bytes
}

// dryTime is the minimum time for measuring training, and prediction.
const dryTime = time.Second / 2

// Expect checks that Fit could start, without a download, and times some steps on the data.
// The memory is that of the program at the end, including the data, or what the model
// needs if the system does not report it. Only rank 0 gets the result; the others get nil. Rank 0
// calls ready once everything is checked, before it measures.
func (e *Experiment) Expect(ctx context.Context, o Options, ready func() error) (x *Expected, err error) {
	o = o.filled()
	if e, err = e.fresh(); err == nil {
		err = e.CheckRanks(o.World)
	}
	if err == nil {
		_, err = frozenMemory(o.FrozenMemory, 1)
	}
	if err := comm.Agree(o.World, err); err != nil {
		return nil, err
	}
	model, err := e.begin(o)
	if err != nil {
		return nil, err
	}
	if err := comm.Agree(o.World, e.checkMemory(o.World, model)); err != nil {
		return nil, err
	}
	err = onFirst(o.World, func() error {
		o.Source.Offline = true
		sets, err := e.LoadData(ctx, o.Source)
		if err == nil {
			err = ready()
		}
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
	step, err := median(true, sets.Train)
	if err != nil {
		return nil, err
	}
	x := &Expected{Steps: e.batches(sets.Train.Len()), Step: milliseconds(step)}
	x.Epoch = step.Seconds() * float64(x.Steps)
	if sets.Val != nil {
		prediction, err := median(false, sets.Val)
		if err != nil {
			return nil, err
		}
		x.Epoch += prediction.Seconds() * float64(e.batches(sets.Val.Len()))
	}
	trainable, frozen := e.Plan.Params()
	copies := 2 * 4 * (trainable + frozen) // the best weights, which early stopping keeps and the test loads
	planned, err := e.needs(comm.Self{}, model)
	x.Memory = max(PeakMemory(), int(planned)) + copies
	return x, err
}

// batches is the number of batches of n images.
func (e *Experiment) batches(n int) int { return (n + e.Train.BatchSize - 1) / e.Train.BatchSize }
