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
	"cnntrain/internal/runs"
)

// Metadata keys of our checkpoints, which make them usable without their run.
const (
	MetaSpec    = runs.MetaSpec
	MetaClasses = runs.MetaClasses
	metaEpoch   = runs.MetaEpoch
	metaState   = runs.MetaState
	metaWithin  = runs.MetaWithin
)

// Metadata returns the metadata for weights of e after an epoch.
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

// ReadCheckpoint reads a checkpoint. For another kind of file the error says which kind it
// is.
func ReadCheckpoint(file string) (*checkpoint.File, error) {
	f, err := checkpoint.Read(file)
	if err != nil {
		if kind := interop.Kind(file); kind != "" {
			return nil, fmt.Errorf("%s %s", file, kind)
		}
	}
	return f, err
}

// loadWeights replaces the model's weights with those in a checkpoint.
func loadWeights(m *builder.Model, file string) error {
	f, err := ReadCheckpoint(file)
	if err != nil {
		return err
	}
	return SetWeights(m, f, file)
}

// SetWeights copies the weights in f, read from file, into the model.
func SetWeights(m *builder.Model, f *checkpoint.File, file string) error {
	want := m.Weights()
	have := slices.DeleteFunc(slices.Clone(f.Tensors), func(t checkpoint.Tensor) bool { return strings.HasPrefix(t.Name, checkpoint.StatePrefix) })
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
