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

// BestFromStates returns the best weights of the run in dir as best.safetensors has them, and the
// file of a training state that has them, too. It is an error if neither last.safetensors nor
// previous.safetensors does.
func BestFromStates(dir string) (weights *checkpoint.File, file string, err error) {
	r := &runs.Run{Dir: dir}
	epoch := "" // the best one, as the last state knows
	for _, file := range []string{runs.LastFile, runs.BeforeFile} {
		f, err := checkpoint.Read(r.Path(file))
		if err != nil {
			return nil, "", err
		}
		_, best, _, err := runs.Progress(f)
		if err != nil {
			return nil, "", fmt.Errorf("%s: %w", r.Path(file), err)
		}
		if epoch == "" && best != nil {
			epoch = strconv.Itoa(best.Epoch)
		}
		if epoch == "" || f.Metadata[metaWithin] == "true" || f.Metadata[metaEpoch] != epoch {
			continue
		}
		DropState(f)
		return f, file, nil
	}
	return nil, "", fmt.Errorf("%s and %s: their weights are not the best ones", r.Path(runs.LastFile), runs.BeforeFile)
}

// DropState removes the state of the training from a checkpoint, which then has the weights alone.
func DropState(f *checkpoint.File) {
	delete(f.Metadata, metaState)
	delete(f.Metadata, metaWithin)
	f.Tensors = slices.DeleteFunc(f.Tensors, func(t checkpoint.Tensor) bool { return strings.HasPrefix(t.Name, checkpoint.StatePrefix) })
}

// repair writes the files of the run again that are damaged or gone, as far as its training
// states have their content. The damaged text files are kept under another name.
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
		best, file, fault := BestFromStates(r.Dir)
		if fault != nil {
			return nil // checkBest says what can be done
		}
		log("%v; rebuilt from %s", err, file)
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
