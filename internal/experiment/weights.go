package experiment

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cnntrain/internal/builder"
	"cnntrain/internal/checkpoint"
	"cnntrain/internal/interop"
	"cnntrain/internal/train"
)

// The metadata of our checkpoints, which makes them of use without their run.
const (
	MetaSpec    = "cnntrain.spec"    // the resolved spec
	MetaClasses = "cnntrain.classes" // JSON list of names
	metaEpoch   = "cnntrain.epoch"
	metaState   = "cnntrain.state"  // in last.safetensors: of the training, with tensors of its own
	metaWithin  = "cnntrain.within" // beside it: "true" where the epoch is not over
)

// Metadata describes weights of e as they are after an epoch.
func (e *Experiment) Metadata(classes []string, epoch int) (map[string]string, error) {
	resolved, err := e.Spec.Resolved()
	if err != nil {
		return nil, err
	}
	names, err := json.Marshal(classes)
	if err != nil {
		return nil, err
	}
	return map[string]string{MetaSpec: string(resolved), MetaClasses: string(names), metaEpoch: strconv.Itoa(epoch)}, nil
}

// ReadCheckpoint reads a checkpoint, or says what else a file is.
func ReadCheckpoint(file string) (*checkpoint.File, error) {
	f, err := checkpoint.Read(file)
	if err != nil {
		if kind := interop.Kind(file); kind != "" {
			return nil, fmt.Errorf("%s %s", file, kind)
		}
	}
	return f, err
}

// loadWeights replaces the model's weights by those in a checkpoint.
func loadWeights(m *builder.Model, file string) error {
	f, err := ReadCheckpoint(file)
	if err != nil {
		return err
	}
	return SetWeights(m, f, file)
}

// StartFrom replaces the weights of m, a model of e, by those in a file: a
// checkpoint, or one that Keras wrote.
func (e *Experiment) StartFrom(m *builder.Model, file string) error {
	if !interop.IsKeras(file) {
		return loadWeights(m, file)
	}
	tensors, err := interop.ReadKerasWeights(file, e.Plan)
	if err != nil {
		return err
	}
	return SetWeights(m, &checkpoint.File{Tensors: tensors}, file)
}

// SetWeights copies the weights in f, read from file, into the model.
func SetWeights(m *builder.Model, f *checkpoint.File, file string) error {
	want := m.Weights()
	have := slices.DeleteFunc(slices.Clone(f.Tensors), func(t checkpoint.Tensor) bool { return strings.HasPrefix(t.Name, train.StatePrefix) })
	if err := checkpoint.Match(have, want); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if err := checkpoint.Finite(have); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	for _, w := range want {
		t, _ := f.Tensor(w.Name)
		copy(w.Data, t.Data)
	}
	return nil
}
