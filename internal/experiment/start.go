package experiment

import (
	"context"
	"os"
	"path/filepath"

	"cnntrain/internal/builder"
	"cnntrain/internal/catalog"
	"cnntrain/internal/checkpoint"
	"cnntrain/internal/comm"
	"cnntrain/internal/data"
	"cnntrain/internal/data/dataset"
	"cnntrain/internal/interop"
	"cnntrain/internal/pretrained"
	"cnntrain/internal/runs"
	"cnntrain/internal/train"
)

// Start is the weights section of a spec: the weights that training starts from.
type Start struct {
	File    string // empty: random initialization
	Partial bool
}

// Options declares the options of the weights section.
func (s *Start) Options(o *catalog.Options) {
	o.Bind(&s.File, "file", "file of weights to start from: of cnntrain, or a run, of Keras (`.h5`, `.keras`, `.weights.h5`) or of PyTorch (`.pth`, `.pt`, `.safetensors`)")
	o.Bind(&s.Partial, "partial", "take the weights that fit by name and shape, and start the other layers as usual; otherwise all must fit")
}

// WeightsFile returns the file with the weights of a run, its best ones, or path itself if that is no run.
func WeightsFile(path string) string {
	path = dataset.ExpandHome(path)
	best := filepath.Join(path, runs.BestFile)
	if _, err := os.Stat(best); path == "" || err != nil {
		return path
	}
	return best
}

// StartFrom replaces the weights of m, a model of e, with those in a file of cnntrain, Keras
// or PyTorch. The Assignment lists them if partial loading was requested or the file is
// PyTorch's; it is nil otherwise.
func (e *Experiment) StartFrom(m *builder.Model, file string) (a *pretrained.Assignment, err error) {
	if !e.Start.Partial {
		if interop.IsKeras(file) {
			tensors, err := interop.ReadKerasWeights(file, e.Plan)
			if err != nil {
				return nil, err
			}
			m.Given(nil)
			return nil, SetWeights(m, &checkpoint.File{Tensors: tensors}, file)
		}
	}
	err = pretrained.Open(file, func(f *pretrained.File) error {
		if f.Format == pretrained.Ours && !e.Start.Partial {
			m.Given(nil)
			return setStored(m, f)
		}
		a = f.Assign(interop.NewModel(e.Spec, e.Plan, m.Weights()))
		if err := a.Check(e.Start.Partial); err != nil {
			return err
		}
		m.Given(a.Fresh())
		return a.Load()
	})
	return a, err
}

// setStored copies the weights of a checkpoint into the model, which must have the same.
func setStored(m *builder.Model, f *pretrained.File) error {
	var tensors []checkpoint.Tensor
	for _, t := range f.Tensors {
		data, err := t.Read()
		if err != nil {
			return err
		}
		tensors = append(tensors, checkpoint.Tensor{Name: t.Name, Shape: t.Shape, Data: data})
	}
	return SetWeights(m, &checkpoint.File{Tensors: tensors}, f.Path)
}

// startFrom is StartFrom, and reports to the user what was loaded.
func (e *Experiment) startFrom(m *builder.Model, file string, logf func(format string, args ...any)) error {
	a, err := e.StartFrom(m, file)
	if a != nil {
		for _, line := range a.Summary() {
			logf("%s", line)
		}
	}
	return err
}

// Started returns a model with the weights that training on sets begins with. logf is told what was loaded.
func (e *Experiment) Started(ctx context.Context, sets *data.Sets, logf func(format string, args ...any)) (*builder.Model, error) {
	m := e.Plan.NewModel(uint64(e.Train.Seed))
	if err := e.checkMemory(comm.Self{}, m); err != nil {
		return nil, err
	}
	if e.Start.File != "" {
		if err := e.startFrom(m, e.Start.File, logf); err != nil {
			return nil, err
		}
	}
	return m, train.Adapt(ctx, m, sets, e.Train.BatchSize)
}

// Assignment returns which weights of a file StartFrom would load into the model of e, without
// reading their values.
func (e *Experiment) Assignment(file string) (a *pretrained.Assignment, err error) {
	var weights []checkpoint.Tensor
	for _, l := range e.Plan.Layers {
		for _, w := range l.Own {
			weights = append(weights, checkpoint.Tensor{Name: l.Label + "/" + w.Name, Shape: w.Shape})
		}
	}
	err = pretrained.Open(file, func(f *pretrained.File) error {
		a = f.Assign(interop.NewModel(e.Spec, e.Plan, weights))
		return nil
	})
	return a, err
}
