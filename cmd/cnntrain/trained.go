package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"cnntrain/internal/builder"
	"cnntrain/internal/checkpoint"
	"cnntrain/internal/data"
	"cnntrain/internal/interop"
	"cnntrain/internal/runs"
	"cnntrain/internal/spec"
	"cnntrain/internal/train"
)

// The metadata of our checkpoints, which makes them of use without their run.
const (
	metaSpec    = "cnntrain.spec"    // the resolved spec
	metaClasses = "cnntrain.classes" // JSON list of names
	metaEpoch   = "cnntrain.epoch"
	metaState   = "cnntrain.state"  // in last.safetensors: of the training, with tensors of its own
	metaWithin  = "cnntrain.within" // beside it: "true" where the epoch is not over
)

// trainedMetadata describes weights as they are after an epoch.
func trainedMetadata(s *spec.Spec, classes []string, epoch int) (map[string]string, error) {
	resolved, err := s.Resolved()
	if err != nil {
		return nil, err
	}
	names, err := json.Marshal(classes)
	if err != nil {
		return nil, err
	}
	return map[string]string{metaSpec: string(resolved), metaClasses: string(names), metaEpoch: strconv.Itoa(epoch)}, nil
}

// A trained is a model with the weights and the classes it was trained for.
type trained struct {
	*experiment
	model   *builder.Model
	file    string   // what it was read from
	classes []string // nil if the file does not say
}

// openTrained makes the model of a run, whose best weights it takes, or of a checkpoint.
func openTrained(path string) (*trained, error) {
	file := path
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		if file = filepath.Join(path, runs.BestFile); !exists(file) {
			return nil, fmt.Errorf("%s: no trained weights here; a run folder has a %s", path, runs.BestFile)
		}
	}
	f, err := checkpoint.Read(file)
	if err != nil {
		return nil, err
	}
	text, ok := f.Metadata[metaSpec]
	if !ok {
		return nil, fmt.Errorf("%s: holds no spec, so it was not written by cnntrain; use it with fit --weights", file)
	}
	t := &trained{file: file}
	if names, ok := f.Metadata[metaClasses]; ok {
		if err := json.Unmarshal([]byte(names), &t.classes); err != nil {
			return nil, fmt.Errorf("%s: its list of classes: %w", file, err)
		}
	}
	var problems spec.Problems
	if t.experiment, err = newExperiment(spec.Parse(file+" (spec)", []byte(text), nil, &problems), &problems); err != nil {
		return nil, err
	}
	t.model = t.plan.NewModel(uint64(t.train.Seed))
	return t, setWeights(t.model, f, file)
}

// classNames returns the names of the classes, numbers where the file has none.
func (t *trained) classNames() []string {
	if t.classes != nil {
		return t.classes
	}
	names := make([]string, t.plan.Classes())
	for i := range names {
		names[i] = strconv.Itoa(i)
	}
	return names
}

// checkData makes sure that class i of sets is class i of the model.
func (t *trained) checkData(sets *data.Sets) error {
	if t.classes == nil || slices.Equal(t.classes, sets.Classes) {
		return nil
	}
	if len(t.classes) != len(sets.Classes) {
		return fmt.Errorf("%s was trained for %d classes, and %s has %d", t.file, len(t.classes), t.data.Name, len(sets.Classes))
	}
	for i, name := range t.classes {
		if name != sets.Classes[i] {
			return fmt.Errorf("%s was trained with %q as class %d, and in %s that is %q; the folders of the classes have to be named alike",
				t.file, name, i, t.data.Name, sets.Classes[i])
		}
	}
	return nil
}

// loadWeights replaces the model's weights by those in a checkpoint.
func loadWeights(m *builder.Model, file string) error {
	f, err := checkpoint.Read(file)
	if err != nil {
		return err
	}
	return setWeights(m, f, file)
}

// startFrom replaces the weights of m, a model of e, by those in a file: a
// checkpoint, or one that Keras wrote.
func (e *experiment) startFrom(m *builder.Model, file string) error {
	if !interop.IsKeras(file) {
		return loadWeights(m, file)
	}
	tensors, err := interop.ReadKerasWeights(file, e.plan)
	if err != nil {
		return err
	}
	return setWeights(m, &checkpoint.File{Tensors: tensors}, file)
}

// setWeights copies the weights in f, read from file, into the model.
func setWeights(m *builder.Model, f *checkpoint.File, file string) error {
	want := m.Weights()
	have := slices.DeleteFunc(slices.Clone(f.Tensors), func(t checkpoint.Tensor) bool { return strings.HasPrefix(t.Name, train.StatePrefix) })
	if err := checkpoint.Match(have, want); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	for _, w := range want {
		t, _ := f.Tensor(w.Name)
		copy(w.Data, t.Data)
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
