// Package trained evaluates trained models and predicts with them.
package trained

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"cnntrain/internal/builder"
	"cnntrain/internal/data"
	"cnntrain/internal/experiment"
	"cnntrain/internal/runs"
	"cnntrain/internal/spec"
	"cnntrain/internal/train"

	"golang.org/x/text/unicode/norm"
)

// A Model is a trained model: weights and classes.
type Model struct {
	*experiment.Experiment
	Net     *builder.Model
	File    string    // path it was read from
	Classes []string  // nil if the file has none
	Rebuilt string    // why the weights are from last.safetensors, which has the best ones too; empty: they are not
	TTA     train.TTA // views of each image that are predicted
	Edited  string    // how the spec.yaml of the run differs from the spec of the weights
}

// Open loads the model of a run, with its best weights, or of a checkpoint.
func Open(path string) (*Model, error) {
	file := path
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		file = filepath.Join(path, runs.BestFile)
	}
	f, err := experiment.ReadCheckpoint(file)
	rebuilt := ""
	if err != nil && file != path {
		if weights, state, fault := experiment.BestFromStates(path); fault == nil {
			rebuilt = fmt.Sprintf("%s: the weights are from %s, which has the best ones too (%v)", path, state, err)
			f, err, file = weights, nil, filepath.Join(path, state)
		}
	}
	switch {
	case file != path && errors.Is(err, fs.ErrNotExist):
		if few := runs.Within(path); few != "" {
			return nil, fmt.Errorf("%s: is a folder of runs; choose one: %s", path, few)
		}
		return nil, fmt.Errorf("%s: no trained weights here; a run folder has a %s", path, runs.BestFile)
	case err != nil:
		return nil, err
	}
	text, ok := f.Metadata[experiment.MetaSpec]
	if !ok {
		return nil, fmt.Errorf("%s: holds no spec, so it was not written by cnntrain; use it with fit --weights", file)
	}
	m := &Model{File: file, Rebuilt: rebuilt}
	if file != path {
		m.Edited = edited(path, text)
	}
	if names, ok := f.Metadata[experiment.MetaClasses]; ok {
		if err := json.Unmarshal([]byte(names), &m.Classes); err != nil {
			return nil, fmt.Errorf("%s: its list of classes: %w", file, err)
		}
	}
	var problems spec.Problems
	if m.Experiment, err = experiment.New(spec.Parse(file+" (spec)", []byte(text), nil, &problems), &problems); err != nil {
		return nil, err
	}
	m.Remember(filepath.Dir(file))
	m.Net = m.Plan.NewModel(uint64(m.Train.Seed))
	return m, experiment.SetWeights(m.Net, f, file)
}

// edited describes how the spec.yaml of a run differs from the spec of its weights; "" if
// there is no relevant difference, or no spec.yaml.
func edited(dir, text string) string {
	now, err := os.ReadFile(filepath.Join(dir, runs.SpecFile))
	if err != nil || string(now) == text {
		return ""
	}
	e, err := experiment.Load(dir, nil)
	if err != nil {
		first, _, _ := strings.Cut(err.Error(), "\n")
		return first
	}
	if now, err = e.Spec.Resolved(); err != nil {
		return err.Error()
	}
	return runs.Edited(text, string(now))
}

// Predictor returns the network, which sees the views of each image that m.TTA says.
func (m *Model) Predictor() train.Predictor {
	if m.TTA == (train.TTA{}) {
		return m.Net
	}
	return train.NewViewed(m.Net, m.TTA, m.Spec.Input)
}

// ClassNames returns the names of the classes, or numbers if the file has no names.
func (m *Model) ClassNames() []string {
	if m.Classes != nil {
		return m.Classes
	}
	names := make([]string, m.Plan.Classes())
	for i := range names {
		names[i] = strconv.Itoa(i)
	}
	return names
}

// sameName compares names in Unicode's composed form (NFC): macOS decomposes é.
func sameName(a, b string) bool { return norm.NFC.String(a) == norm.NFC.String(b) }

// CheckData checks that class i of sets is class i of the model.
func (m *Model) CheckData(sets *data.Sets) error {
	if m.Classes == nil || slices.EqualFunc(m.Classes, sets.Classes, sameName) {
		return nil
	}
	if len(m.Classes) != len(sets.Classes) {
		return fmt.Errorf("%s was trained for %d classes, and %s has %d", m.File, len(m.Classes), m.Data.Name, len(sets.Classes))
	}
	for i, name := range m.Classes {
		if !sameName(name, sets.Classes[i]) {
			return fmt.Errorf("%s was trained with %q as class %d, and in %s that is %q; the class folders must have the same names",
				m.File, name, i, m.Data.Name, sets.Classes[i])
		}
	}
	return nil
}
