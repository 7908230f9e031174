package train

import (
	"fmt"
	"slices"
	"strings"

	"cnntrain/internal/catalog"
	"cnntrain/internal/spec"
	"cnntrain/internal/train/callback"
	"cnntrain/internal/train/metric"
	"cnntrain/internal/train/optimizer"
	"cnntrain/internal/train/schedule"
)

// Config is how to train: the train section of a spec, less what package
// builder reads from it.
type Config struct {
	Epochs    int
	BatchSize int
	Seed      int
	Optimizer optimizer.Optimizer
	Schedule  schedule.Schedule
	Metrics   []metric.Metric
	Callbacks []callback.Callback
}

// NewConfig decodes the train section. What is wrong goes to problems.
func NewConfig(s *spec.Section, problems *spec.Problems) *Config {
	c := &Config{}
	catalog.DecodeSection(s, problems, c.Options)
	return c
}

// Options declares the options of the train section that are read here.
func (c *Config) Options(o *catalog.Options) {
	c.Epochs, c.BatchSize = 10, 32
	catalog.Thing(o, optimizer.Optimizers, &c.Optimizer, "optimizer", "adam", "how the weights follow their gradients")
	catalog.Thing(o, schedule.Schedules, &c.Schedule, "schedule", "constant", "how the optimizer's learning rate changes as training goes on")
	catalog.Things(o, metric.Metrics, &c.Metrics, "metrics", []string{"accuracy"}, "what to report besides the loss")
	o.Bind(&c.Epochs, "epochs", "passes over the training data").Min(1)
	o.Bind(&c.BatchSize, "batch_size", "examples per step").Min(1).Max(65536)
	o.Bind(&c.Seed, "seed", "decides all that is random: first weights, order of examples, augmentation, dropout").Min(0)
	catalog.Each(o, callback.Callbacks, &c.Callbacks)
	o.Check(func() error {
		seen := map[string]bool{}
		for _, m := range c.Metrics {
			if seen[m.Name()] {
				return fmt.Errorf("metrics names %q twice", m.Name())
			}
			seen[m.Name()] = true
		}
		return nil
	})
}

// Best returns a monitor for the figure that decides which weights are kept as
// the best: what early stopping watches, else the loss, on validation data if
// there is any.
func (c *Config) Best(validation bool) *callback.Monitor {
	for _, cb := range c.Callbacks {
		if cb.PicksBest {
			return &callback.Monitor{Name: cb.Watches.Name, Mode: cb.Watches.Mode}
		}
	}
	if validation {
		return callback.NewMonitor("val_loss")
	}
	return callback.NewMonitor("loss")
}

// CheckMonitors finds callbacks that watch a figure the run will not have.
func (c *Config) CheckMonitors(validation bool) error {
	figures := []string{"loss"}
	for _, m := range c.Metrics {
		figures = append(figures, m.Name())
	}
	if validation {
		for _, f := range figures {
			figures = append(figures, "val_"+f)
		}
	}
	for _, cb := range c.Callbacks {
		if cb.Watches == nil || slices.Contains(figures, cb.Watches.Name) {
			continue
		}
		if !validation && strings.HasPrefix(cb.Watches.Name, "val_") {
			return fmt.Errorf("%q cannot be monitored without validation data; set validation_split in data", cb.Watches.Name)
		}
		return fmt.Errorf("nothing called %q to monitor%s", cb.Watches.Name, spec.Hint(cb.Watches.Name, figures))
	}
	return nil
}
