package experiment

import (
	"strings"

	"cnntrain/internal/checkpoint"
	"cnntrain/internal/interop"
	"cnntrain/internal/train"
)

// Interop returns the model of e for other programs, with its weights, and with the training state
// in f, their checkpoint. best.safetensors has none.
func (e *Experiment) Interop(f *checkpoint.File, weights []checkpoint.Tensor) (*interop.Model, error) {
	state, since, err := trainingState(f)
	if err != nil {
		return nil, err
	}
	plan, epochs := e.Plan, e.Train.Epochs
	switch t := e.Train.FineTune; {
	case since > 0:
		plan, epochs = plan.FineTuned(), epochs-since
	case t.Given:
		epochs = t.FrozenEpochs
	}
	m := interop.NewModel(e.Spec, plan, weights)
	if m.Training != nil {
		m.Training.State, m.Training.Epochs = state, epochs
	}
	return m, nil
}

// trainingState returns the training state in a checkpoint, besides weights, and the number of
// epochs before its phase; nil if it has none.
func trainingState(f *checkpoint.File) (s *interop.State, since int, err error) {
	text := f.Metadata[metaState]
	if text == "" {
		return nil, 0, nil
	}
	p, err := train.ReadProgress(text)
	if err != nil {
		return nil, 0, err
	}
	s = &interop.State{Iterations: p.Iterations, StepsPerEpoch: p.StepsPerEpoch, LearningRate: p.LearningRate}
	if p.StepsPerEpoch == 0 {
		s.LearningRate = p.StepRate
	}
	for _, t := range f.Tensors {
		if name, ok := strings.CutPrefix(t.Name, train.OptimizerPrefix); ok {
			t.Name = name
			s.Optimizer = append(s.Optimizer, t)
		}
	}
	return s, p.Since, nil
}
