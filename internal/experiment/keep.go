package experiment

import (
	"fmt"
	"strconv"

	"cnntrain/internal/checkpoint"
	"cnntrain/internal/runs"
	"cnntrain/internal/train"
	"cnntrain/internal/train/callback"
)

// saveBest saves the weights as the best ones.
func (f *fit) saveBest(s *callback.State) error {
	meta, err := f.Metadata(f.sets.Classes, s.Epoch)
	if err != nil {
		return err
	}
	if err := checkpoint.Write(f.run.Path(runs.BestFile), s.Weights, meta); err != nil {
		return err
	}
	v, _ := s.Logs.Get(f.monitor.Name)
	f.run.Info.Best = &runs.Best{Epoch: s.Epoch, Monitor: f.monitor.Name, Value: v}
	return nil
}

// checkBest checks, before training resumes, that the best weights so far exist and are
// intact. Otherwise the search for the best epoch starts again.
func (f *fit) checkBest(s *callback.State) error {
	info := &f.run.Info
	if info.Best == nil {
		return nil
	}
	path := f.run.Path(runs.BestFile)
	over := s.Stopped != "" || s.Epoch == s.Epochs && s.Step == s.Steps
	if !f.run.Has(runs.BestFile) && over {
		return fmt.Errorf("%s, of epoch %d, is gone and no epoch is left to do; train again", path, info.Best.Epoch)
	}
	if !f.run.Has(runs.BestFile) {
		f.options.Listener.Logf("%s, of epoch %d, is gone; the best of the epochs to come is kept in its place", path, info.Best.Epoch)
		*f.monitor, info.Best = *f.Train.Best(f.sets.Val != nil), nil
		return nil
	}
	c, err := checkpoint.Read(path)
	if err != nil {
		return fmt.Errorf("%w; delete it to resume and keep the best of the remaining epochs", err)
	}
	if f.fewerEpochs(c.Metadata[MetaSpec]) == nil {
		return nil
	}
	meta, err := f.Metadata(f.sets.Classes, info.Best.Epoch)
	if err != nil {
		return err
	}
	return checkpoint.Write(path, c.Tensors, meta)
}

// saveState writes last.safetensors. The state of the end of the previous epoch stays
// beside it.
func (f *fit) saveState(s *train.Saved) error {
	meta, err := f.Metadata(f.sets.Classes, s.Epoch)
	if err != nil {
		return err
	}
	meta[metaState], meta[metaWithin] = s.State, strconv.FormatBool(s.Within)
	last := f.run.Path(runs.LastFile)
	if f.within {
		err = checkpoint.Write(last, s.Tensors, meta)
	} else {
		err = checkpoint.WriteKeeping(last, f.run.Path(runs.BeforeFile), s.Tensors, meta)
	}
	if err == nil {
		f.within = s.Within
	}
	return err
}

// loadState reads a state of this run that saveState wrote.
func (f *fit) loadState(file string) (*train.Saved, error) {
	path := f.run.Path(file)
	c, err := checkpoint.Read(path)
	if err != nil {
		return nil, err
	}
	resolved, err := f.Spec.Resolved()
	if err != nil {
		return nil, err
	}
	state, ok := c.Metadata[metaState]
	if !ok {
		return nil, fmt.Errorf("%s: holds no state to resume from", path)
	}
	if text := c.Metadata[MetaSpec]; text != string(resolved) {
		was := f.fewerEpochs(text)
		if was == nil {
			return nil, fmt.Errorf("%s: has another spec than %s (%s); if that is not meant, delete %[2]s, which is then rebuilt",
				path, runs.SpecFile, runs.Edited(text, string(resolved)))
		}
		if err := f.checkLonger(was, state); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	if state, f.old, err = runs.Modern(state); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	epoch, err := strconv.Atoi(c.Metadata[metaEpoch])
	return &train.Saved{Epoch: epoch, Within: c.Metadata[metaWithin] == "true", State: state, Tensors: c.Tensors}, err
}

// back returns the state of the end of the last epoch that has one.
func (f *fit) back(reason error) (*train.Saved, error) {
	file := runs.LastFile
	if f.within {
		file = runs.BeforeFile
	}
	s, err := f.loadState(file)
	if err == nil {
		f.options.Listener.Logf("%v; its epoch begins again with half the learning rate", reason)
	}
	return s, err
}
