package callback

import (
	"fmt"

	"cnntrain/internal/catalog"
)

var _ = Callbacks.Add(catalog.Entry[Callback]{
	Name:    "reduce_lr_on_plateau",
	Keras:   "ReduceLROnPlateau",
	Example: "reduce_lr_on_plateau: {monitor: val_loss, factor: 0.2, patience: 5}",
	Doc: `Multiplies the learning rate by factor when a metric has stopped improving.

With fine_tune it begins anew in the second phase.`,
	New: func(o *catalog.Options) Callback {
		r := &reduceLROnPlateau{monitor: *NewMonitor("val_loss"), factor: 0.1, patience: 10}
		r.monitor.MinDelta = 1e-4
		o.Bind(&r.patience, "patience", "number of epochs without improvement to wait").Min(0)
		r.monitor.options(o)
		o.Bind(&r.factor, "factor", "factor by which the learning rate is multiplied").Min(0).Below(1)
		o.Bind(&r.cooldown, "cooldown", "number of epochs to wait after a reduction").Min(0)
		o.Bind(&r.least, "min_lr", "lower bound of the learning rate").Min(0)
		return Callback{Epoch: r.epoch, Phase: r.phase, Watches: &r.monitor, Kept: append(r.monitor.kept(), &r.wait, &r.cooling)}
	},
})

type reduceLROnPlateau struct {
	monitor       Monitor
	factor, least float64
	patience      int
	cooldown      int
	wait, cooling int // epochs without improvement; remaining epochs of the cooldown
}

func (r *reduceLROnPlateau) phase(*State) error {
	r.monitor.forget()
	r.wait, r.cooling = 0, 0
	return nil
}

// epoch follows Keras, including the order of its steps.
func (r *reduceLROnPlateau) epoch(s *State) error {
	improved, err := r.monitor.Improved(s.Logs)
	if err != nil {
		return fmt.Errorf("reduce_lr_on_plateau: %w", err)
	}
	if r.cooling > 0 {
		r.cooling--
		r.wait = 0
	}
	switch {
	case improved:
		r.wait = 0
	case r.cooling == 0:
		if r.wait++; r.wait >= r.patience && s.LearningRate > r.least {
			s.LearningRate = max(s.LearningRate*r.factor, r.least)
			r.wait, r.cooling = 0, r.cooldown
		}
	}
	return nil
}
