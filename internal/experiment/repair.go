package experiment

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"cnntrain/internal/checkpoint"
	"cnntrain/internal/runs"
	"cnntrain/internal/spec"
)

// BestFromLast returns the best weights of the run in dir as best.safetensors has them, from its
// last.safetensors. It is an error if the weights in there are of another epoch.
func BestFromLast(dir string) (*checkpoint.File, error) {
	r := &runs.Run{Dir: dir}
	path := r.Path(runs.LastFile)
	f, err := checkpoint.Read(path)
	if err != nil {
		return nil, err
	}
	_, best, _, err := runs.Progress(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if best == nil || f.Metadata[metaWithin] == "true" || f.Metadata[metaEpoch] != strconv.Itoa(best.Epoch) {
		return nil, fmt.Errorf("%s: its weights are not the best ones", path)
	}
	delete(f.Metadata, metaState)
	delete(f.Metadata, metaWithin)
	f.Tensors = slices.DeleteFunc(f.Tensors, func(t checkpoint.Tensor) bool { return strings.HasPrefix(t.Name, checkpoint.StatePrefix) })
	return f, nil
}

// repair writes the files of the run again that are damaged or gone, as far as last.safetensors
// has their content. The damaged text files are kept under another name.
func (f *fit) repair() error {
	r, log := f.run, f.options.Listener.Logf
	if r.Rebuilt != "" {
		log("%s", r.Rebuilt)
		r.Info.Machine = ThisMachine()
		if err := errors.Join(r.SetAside(runs.InfoFile), r.SaveInfo()); err != nil {
			return err
		}
	}
	if _, err := Load(r.Dir, nil); err != nil {
		if err := f.repairSpec(err); err != nil {
			return err
		}
	}
	if r.Info.Best == nil {
		return nil
	}
	if _, err := checkpoint.Read(r.Path(runs.BestFile)); err != nil {
		best, fault := BestFromLast(r.Dir)
		if fault != nil {
			return nil // checkBest says what can be done
		}
		log("%v; rebuilt from %s", err, runs.LastFile)
		return checkpoint.Write(r.Path(runs.BestFile), best.Tensors, best.Metadata)
	}
	return nil
}

// repairSpec writes spec.yaml again; damage is what is wrong with it.
func (f *fit) repairSpec(damage error) error {
	for _, file := range []string{runs.LastFile, runs.BeforeFile} {
		state, err := checkpoint.Read(f.run.Path(file))
		if err != nil || state.Metadata[MetaSpec] == "" {
			continue
		}
		var problems spec.Problems
		if _, err := New(spec.Parse(file, []byte(state.Metadata[MetaSpec]), nil, &problems), &problems); err != nil {
			continue // of another version of the program
		}
		first, _, _ := strings.Cut(damage.Error(), "\n")
		f.options.Listener.Logf("%s; rebuilt from %s", first, file)
		if err := f.run.SetAside(runs.SpecFile); err != nil {
			return err
		}
		return f.run.Write(runs.SpecFile, func(w io.Writer) error { _, err := io.WriteString(w, state.Metadata[MetaSpec]); return err })
	}
	return damage
}
