package train

import (
	"errors"

	"cnntrain/internal/catalog"
	"cnntrain/internal/train/callback"
	"cnntrain/internal/train/schedule"
)

// FineTune is the option fine_tune of the train section: training has two phases, in the first of
// which the frozen layers of the model stay as they are.
type FineTune struct {
	FrozenEpochs       int
	LearningRate       float64
	From               string // first layer to train in the second phase; empty: all
	BatchNormalization string

	Given bool
	Field *catalog.Field // position of From
}

func (f *FineTune) options(o *catalog.Options) {
	catalog.Group(o, &f.Given, "fine_tune", "train the frozen layers too after some epochs, as a second fit in Keras would: with a fresh optimizer, and the schedule from its start", func(o *catalog.Options) {
		f.LearningRate, f.BatchNormalization = 1e-5, "inference"
		o.Bind(&f.FrozenEpochs, "frozen_epochs", "epochs before that; early stopping may end them sooner").Required().Min(1)
		o.Bind(&f.LearningRate, "learning_rate", "step size after that").Min(0)
		f.Field = o.Bind(&f.From, "from", "first layer to train then: those before it in the summary stay frozen; empty: all are trained")
		o.Bind(&f.BatchNormalization, "batch_normalization", "frozen layers of that kind, then: inference trains gamma and beta but normalizes by the moving averages and keeps them (in Keras, a base called with training=False), training normalizes by the batch and updates the averages, frozen trains nothing of them").
			OneOf("inference", "training", "frozen")
	})
}

// Factor returns the factor of the learning rate after done epochs. since is the number of epochs
// before the current phase: each phase has a schedule of its own, as a fit in Keras has.
func (c *Config) Factor(done float64, since int) float64 {
	return c.Schedule.Factor(c.phase(done, since))
}

// Momentum returns the momentum that the schedule sets then; ok is false if it sets none.
func (c *Config) Momentum(done float64, since int) (momentum float64, ok bool) {
	of, epochs := c.phase(done, since)
	return schedule.Momentum(c.Schedule, of, epochs)
}

// phase returns how many epochs of the current phase are done, and how many it has.
func (c *Config) phase(done float64, since int) (of, epochs float64) {
	switch {
	case !c.FineTune.Given:
		return done, float64(c.Epochs)
	case since == 0:
		return done, float64(c.FineTune.FrozenEpochs)
	}
	return done - float64(since), float64(max(1, c.Epochs-since))
}

// setOptimizer gives the optimizer what changes from step to step; done epochs are complete.
func (f *fitting) setOptimizer(done float64) {
	f.state.StepRate = f.state.LearningRate * f.Factor(done, f.since)
	f.Optimizer.SetLearningRate(f.state.StepRate)
	of, epochs := f.phase(done, f.since)
	if momentum, ok := schedule.Momentum(f.Schedule, of, epochs); ok {
		f.Optimizer.SetMomentum(momentum)
	}
	f.Optimizer.SetProgress((of + 1/float64(f.state.Steps)) / epochs)
}

// endPhase begins the second phase after the last epoch of the first one, which may be one in which
// a callback stopped training.
func (f *fitting) endPhase() error {
	if !f.FineTune.Given || f.since > 0 || f.done < f.FineTune.FrozenEpochs && f.state.Stopped == "" {
		return nil
	}
	if err := f.callAll(func(cb callback.Callback) func(*callback.State) error { return cb.Phase }); err != nil {
		return err
	}
	f.state.Stopped = ""
	err := f.fineTune(f.done)
	f.openBase()
	return err
}

// fineTune begins the second phase after a number of epochs.
func (f *fitting) fineTune(since int) error {
	f.since, f.state.LearningRate = since, f.FineTune.LearningRate
	f.model.FineTune()
	f.Optimizer.Reset()
	return f.peers.join(f.model, f.Optimizer)
}

// restorePhase begins the phase in which a state was saved.
func (f *fitting) restorePhase(p *position) error {
	switch {
	case p.Since == f.since:
		return nil
	case f.since > 0 || !f.FineTune.Given || p.Since < 0 || p.Since > p.Epochs:
		return errors.New("it has other phases")
	}
	return f.fineTune(p.Since)
}
