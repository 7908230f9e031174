package train

import (
	"slices"
	"strings"

	"cnntrain/internal/catalog"
	"cnntrain/internal/spec"
	"cnntrain/internal/train/callback"
	"cnntrain/internal/train/metric"
	"cnntrain/internal/train/optimizer"
	"cnntrain/internal/train/schedule"
)

// Config is the train section of a spec, except for the options that package builder
// decodes.
type Config struct {
	Epochs    int
	BatchSize int
	Seed      int
	Optimizer optimizer.Optimizer
	Schedule  schedule.Schedule
	Metrics   []metric.Metric
	Callbacks []callback.Callback
	OnNaN     string // stop or lower-lr
	FineTune  FineTune

	// Store, if the application sets it, returns the place for the outputs of the model's base in
	// the current phase, nil if they are computed in every epoch.
	Store func() Store

	metrics, schedule *catalog.Field
}

// lowerRate is the value of on_nan that goes back to the previous epoch with half the
// learning rate.
const lowerRate = "lower-lr"

// NewConfig decodes the train section. Errors are added to problems.
func NewConfig(s *spec.Section, problems *spec.Problems) *Config {
	c := &Config{}
	catalog.DecodeSection(s, problems, c.Options)
	if c.Schedule != nil && c.Optimizer != nil && !c.Optimizer.HasMomentum() {
		if _, cycles := schedule.Momentum(c.Schedule, 0, 1); cycles {
			problems.Add(c.schedule.Pos, "train: cycle_momentum needs an optimizer with momentum, such as sgd: {momentum: 0.9}")
		}
	}
	if c.Schedule != nil && c.Optimizer != nil && c.Optimizer.DividesByRate() && c.rests() {
		problems.Add(c.schedule.Pos, "train: the optimizer divides by the learning rate, which must not become 0; leave warmup_epochs out, and let decays end at an alpha above 0")
	}
	seen := map[string]bool{}
	for _, m := range c.Metrics {
		if seen[m.Name()] {
			problems.Add(c.metrics.Pos, "train: metrics names %q twice", m.Name())
		}
		seen[m.Name()] = true
	}
	return c
}

// rests reports whether the learning rate of the first step is 0, as in a warmup, or, where it is
// known, that of the last one.
func (c *Config) rests() bool {
	epochs := float64(c.Epochs)
	return c.Schedule.Factor(0, epochs) == 0 || !c.FineTune.Given && c.Schedule.Factor(epochs-lastStep, epochs) == 0
}

// lastStep is less than the last step of an epoch, in epochs, and enough for a decay to be above 0.
const lastStep = 1e-3

// MaxBatch is the largest size of a batch.
const MaxBatch = 65536

// Options declares the options of the train section that this package decodes.
func (c *Config) Options(o *catalog.Options) {
	c.Epochs, c.BatchSize, c.OnNaN = 10, 32, "stop"
	catalog.Thing(o, optimizer.Optimizers, &c.Optimizer, "optimizer", "adam", "the optimizer of the weights")
	c.schedule = catalog.Thing(o, schedule.Schedules, &c.Schedule, "schedule", "constant", "schedule of the optimizer's learning rate")
	c.metrics = catalog.Things(o, metric.Metrics, &c.Metrics, "metrics", []string{"accuracy"}, "metrics to report besides the loss")
	o.Bind(&c.Epochs, "epochs", "passes over the training data").Min(1)
	o.Bind(&c.BatchSize, "batch_size", "examples per step").Min(1).Max(MaxBatch)
	o.Bind(&c.Seed, "seed", "random seed of everything random: initial weights, shuffling, augmentation, dropout").Min(0)
	o.Bind(&c.OnNaN, "on_nan", "what to do when the loss, a gradient or a weight is NaN or infinite: stop, or go back to the previous epoch and halve the learning rate").OneOf("stop", lowerRate)
	c.FineTune.options(o)
	catalog.Each(o, callback.Callbacks, &c.Callbacks)
}

// Best returns a new monitor of the metric that selects the best weights: the one that
// early stopping monitors, else the loss, of the validation data if there is any.
func (c *Config) Best(validation bool) *callback.Monitor {
	for _, cb := range c.Callbacks {
		if cb.PicksBest {
			m := *cb.Watches
			return &m
		}
	}
	if validation {
		return callback.NewMonitor("val_loss")
	}
	return callback.NewMonitor("loss")
}

// Figures returns the names of an epoch's loss and metrics, those of validation data last.
func (c *Config) Figures(validation bool) []string {
	figures := []string{"loss"}
	for _, m := range c.Metrics {
		figures = append(figures, m.Name())
	}
	if validation {
		for _, f := range slices.Clone(figures) {
			figures = append(figures, "val_"+f)
		}
	}
	return figures
}

// CheckWeights reports options of the optimizer that name none of the weights, LAYER/WEIGHT,
// which it trains.
func (c *Config) CheckWeights(weights []string, problems *spec.Problems) {
	if c.Optimizer == nil {
		return // it is invalid, which has been reported
	}
	for _, u := range c.Optimizer.Named(weights) {
		problems.Add(u.Option.Pos, "%s: %q fits no trained weight; they are named as in %s", u.Option.Name, u.Pattern, weights[0])
	}
}

// CheckOutputs reports metrics of an output that a model with a number of outputs does not have.
func (c *Config) CheckOutputs(outputs int, problems *spec.Problems) {
	for _, m := range c.Metrics {
		if of, ok := m.(interface{ Output() (int, *catalog.Field) }); ok {
			if i, option := of.Output(); i >= outputs {
				problems.Add(option.Pos, "%s: %q must be below %d, the number of outputs, got %d", m.Name(), option.Name, outputs, i)
			}
		}
	}
}

// CheckMonitors reports callbacks that monitor a metric the run will not have.
func (c *Config) CheckMonitors(validation bool, problems *spec.Problems) {
	if c.Metrics == nil {
		return // one of the metrics is invalid, which has been reported
	}
	figures := c.Figures(true)
	for _, cb := range c.Callbacks {
		if cb.Watches == nil {
			continue
		}
		switch name := cb.Watches.Name; {
		case !slices.Contains(figures, name):
			problems.Add(cb.Watches.Field.Pos, "monitor: nothing is called %q%s", name, spec.Hint(name, figures))
		case !validation && strings.HasPrefix(name, "val_"):
			problems.Add(cb.Watches.Field.Pos, "monitor: there is no %q without validation data; set validation_split in data, or monitor %q", name, strings.TrimPrefix(name, "val_"))
		}
	}
}
