package callback

import (
	"fmt"
	"slices"

	"cnntrain/internal/catalog"
	"cnntrain/internal/checkpoint"
)

var _ = Callbacks.Add(catalog.Entry[Callback]{
	Name:    "early_stopping",
	Keras:   "EarlyStopping",
	Example: "early_stopping: {monitor: val_loss, patience: 5, restore_best_weights: true}",
	Doc: `Stops training when a metric has stopped improving.

With restore_best_weights the model, and so last.safetensors, ends with the weights
of the best epoch, even if training was not stopped early. best.safetensors always
has the weights of the best epoch.

With fine_tune it ends the first phase early and fine-tuning begins, with
restore_best_weights from the best weights so far. The second phase has the whole patience
again, and is still compared with the best epoch of the first one.`,
	New: func(o *catalog.Options) Callback {
		e := &earlyStopping{monitor: *NewMonitor("val_loss")}
		o.Bind(&e.patience, "patience", "number of epochs without improvement to wait").Min(0)
		e.monitor.options(o)
		o.Bind(&e.restore, "restore_best_weights", "whether to restore the weights of the best epoch at the end")
		o.Bind(&e.monitor.From, "start_from_epoch", "number of epochs to wait before monitoring").Min(0)
		return Callback{
			Epoch: e.epoch, Phase: e.phase, End: e.end, Watches: &e.monitor, PicksBest: true,
			Kept: append(e.monitor.kept(), &e.wait, &e.bestEpoch), Tensors: e.tensors,
		}
	},
})

type earlyStopping struct {
	monitor   Monitor
	patience  int
	restore   bool
	wait      int // epochs since the best one
	bestEpoch int
	best      [][]float32 // weights of the best epoch
}

func (e *earlyStopping) epoch(s *State) error {
	if s.Epoch <= e.monitor.From {
		return nil
	}
	improved, err := e.monitor.Improved(s.Logs)
	if err != nil {
		return fmt.Errorf("early_stopping: %w", err)
	}
	if improved {
		e.wait, e.bestEpoch = 0, s.Epoch
		if e.restore {
			e.best = snapshot(e.best, s.Weights)
		}
		return nil
	}
	if e.wait++; e.wait >= e.patience && s.Epoch > 1 {
		s.Stopped = fmt.Sprintf("%s has not improved since epoch %d", e.monitor.Name, e.bestEpoch)
	}
	return nil
}

func (e *earlyStopping) phase(s *State) error {
	e.wait = 0
	e.restoreTo(s.Weights)
	return nil
}

// restoreTo copies the weights of the best epoch, if they are kept.
func (e *earlyStopping) restoreTo(weights []checkpoint.Tensor) {
	for i := range e.best {
		copy(weights[i].Data, e.best[i])
	}
}

// tensors returns the weights of the best epoch, unless they are the model's by now.
func (e *earlyStopping) tensors(s *State) []checkpoint.Tensor {
	if !e.restore || e.bestEpoch == 0 || s.Restored > 0 {
		return nil
	}
	if e.best == nil {
		e.best = snapshot(nil, s.Weights)
	}
	tensors := slices.Clone(s.Weights)
	for i := range tensors {
		tensors[i].Data = e.best[i]
	}
	return tensors
}

func (e *earlyStopping) end(s *State) error {
	if e.best == nil || s.Err != nil {
		return nil
	}
	e.restoreTo(s.Weights)
	s.Restored = e.bestEpoch
	return nil
}
