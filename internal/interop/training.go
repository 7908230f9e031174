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

// Training is how a model was trained: what its spec says, and where training is.
type Training struct {
	Loss, Optimizer, Schedule catalog.Choice
	Metrics                   []catalog.Choice
	Epochs                    int

	State *State // nil: the optimizer has done nothing yet
}

// State is what a training remembers between two steps.
type State struct {
	Iterations    int     // steps done
	StepsPerEpoch int     // 0: unknown
	LearningRate  float64 // of the optimizer, before the schedule
	// Optimizer is what it remembers of each trainable weight, named SLOT/INDEX.
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
			_ = n.Decode(&t.Epochs) // it was decoded before
		}
	}
	if t.Loss.Name == "" || t.Optimizer.Name == "" {
		return nil // as in a spec that only builds a model
	}
	return t
}

// choice reads a thing, NAME or {NAME: OPTIONS}, of a resolved spec.
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
