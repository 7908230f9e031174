package experiment

import (
	"cnntrain/internal/builder"
	"cnntrain/internal/catalog"
	"cnntrain/internal/checkpoint"
	"cnntrain/internal/interop"
	"cnntrain/internal/pretrained"
)

// Start is the weights section of a spec: the weights that training starts from.
type Start struct {
	File    string // empty: random initialization
	Partial bool
}

// Options declares the options of the weights section.
func (s *Start) Options(o *catalog.Options) {
	o.Bind(&s.File, "file", "file of weights to start from: of cnntrain, of Keras (`.h5`, `.keras`, `.weights.h5`) or of PyTorch (`.pth`, `.pt`, `.safetensors`)")
	o.Bind(&s.Partial, "partial", "take the weights that fit by name and shape, and start the other layers as usual; otherwise all must fit")
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
			return nil, SetWeights(m, &checkpoint.File{Tensors: tensors}, file)
		}
	}
	err = pretrained.Open(file, func(f *pretrained.File) error {
		if f.Format == pretrained.Ours && !e.Start.Partial {
			return setStored(m, f)
		}
		a = f.Assign(interop.NewModel(e.Spec, e.Plan, m.Weights()))
		if err := a.Check(e.Start.Partial); err != nil {
			return err
		}
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
func (e *Experiment) startFrom(m *builder.Model, file string, l Listener) error {
	a, err := e.StartFrom(m, file)
	if a != nil {
		for _, line := range a.Summary() {
			l.Logf("%s", line)
		}
	}
	return err
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
