package interop

import (
	"cnntrain/internal/builder/loss"
	"cnntrain/internal/catalog"
	"cnntrain/internal/checkpoint"
	"cnntrain/internal/spec"
	"cnntrain/internal/train/metric"
	"cnntrain/internal/train/optimizer"
	"cnntrain/internal/train/schedule"

	"gopkg.in/yaml.v3"
)

// Training describes how a model was trained: the train section of its spec, and the state
// of the training.
type Training struct {
	Loss, Optimizer, Schedule catalog.Choice
	Metrics                   []catalog.Choice
	Epochs                    int

	State *State // nil: before the first step
}

// State is the state of a training between two steps.
type State struct {
	Iterations    int     // completed steps
	StepsPerEpoch int     // 0: unknown
	LearningRate  float64 // learning rate of the optimizer, before the schedule
	// Optimizer is the optimizer's state for each trainable weight, named SLOT/INDEX.
	Optimizer []checkpoint.Tensor
}

// newTraining reads the train section of a decoded spec; nil if it was not decoded.
func newTraining(s *spec.Spec) *Training {
	if s.Train == nil || s.Train.Resolved == nil {
		return nil
	}
	t := &Training{}
	options := s.Train.Resolved.Content
	for i := 0; i+1 < len(options); i += 2 {
		switch n := options[i+1]; options[i].Value {
		case "loss":
			t.Loss = choice(loss.Losses, n)
		case "optimizer":
			t.Optimizer = choice(optimizer.Optimizers, n)
		case "schedule":
			t.Schedule = choice(schedule.Schedules, n)
		case "metrics":
			for _, m := range n.Content {
				t.Metrics = append(t.Metrics, choice(metric.Metrics, m))
			}
		case "epochs":
			_ = n.Decode(&t.Epochs) // it was decoded before without errors
		}
	}
	if t.Loss.Name == "" || t.Optimizer.Name == "" {
		return nil // as in a spec used only to build a model
	}
	return t
}

// choice reads an entry, NAME or {NAME: OPTIONS}, of a resolved spec.
func choice[T any](c *catalog.Catalog[T], n *yaml.Node) catalog.Choice {
	it := spec.Item{Name: n.Value}
	if n.Kind == yaml.MappingNode && len(n.Content) == 2 {
		it.Name, it.Resolved = n.Content[0].Value, n.Content[1]
	}
	if !c.Has(it.Name) {
		return catalog.Choice{}
	}
	return catalog.Choice{Name: it.Name, Keras: c.Entry(it.Name).Keras, Values: c.Values(&it)}
}
