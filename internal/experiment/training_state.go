package experiment

import (
	"strings"

	"cnntrain/internal/checkpoint"
	"cnntrain/internal/interop"
	"cnntrain/internal/train"
)

// TrainingState returns the training state in a checkpoint, besides weights; nil if it has
// none, such as best.safetensors.
func TrainingState(f *checkpoint.File) (*interop.State, error) {
	text := f.Metadata[metaState]
	if text == "" {
		return nil, nil
	}
	p, err := train.ReadProgress(text)
	if err != nil {
		return nil, err
	}
	s := &interop.State{Iterations: p.Iterations, StepsPerEpoch: p.StepsPerEpoch, LearningRate: p.LearningRate}
	if p.StepsPerEpoch == 0 {
		s.LearningRate = p.StepRate
	}
	for _, t := range f.Tensors {
		if name, ok := strings.CutPrefix(t.Name, train.OptimizerPrefix); ok {
			t.Name = name
			s.Optimizer = append(s.Optimizer, t)
		}
	}
	return s, nil
}
