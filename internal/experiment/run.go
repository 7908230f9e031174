package experiment

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	"cnntrain/internal/runs"
)

// runDir returns the path of the next run folder.
func (e *Experiment) runDir(o Options) string {
	if o.Out != "" {
		return o.Out
	}
	return runs.Next("runs", e.Spec.Name)
}

// newRun creates the run folder of a training.
func (f *fit) newRun() (*runs.Run, error) {
	d, err := f.dataset()
	if err != nil {
		return nil, err
	}
	r, err := f.NewRun(f.options.Out, f.Start.File, runs.Info{
		Spec: f.File, Status: runs.Running, Process: runs.ThisProcess(), Ranks: ranksOf(f.options.World), Dataset: d,
	})
	if err == nil && f.sets.OfFiles() {
		if err = r.Write(runs.ImagesFile, f.sets.WriteManifest); err != nil {
			return nil, errors.Join(err, r.Discard())
		}
	}
	return r, err
}

// dataset returns the description of the data for run.json.
func (f *fit) dataset() (runs.Dataset, error) {
	sets := f.sets
	dir, err := f.AbsDataDir(f.options.Source.Dir)
	d := runs.Dataset{DataDir: dir, Name: f.Data.Name, Path: sets.Dir, Digest: sets.Digest, Classes: sets.Classes, Skipped: len(sets.Skipped), Train: sets.Train.Len()}
	if sets.Val != nil {
		d.Validation = sets.Val.Len()
	}
	if sets.Test != nil {
		d.Test = sets.Test.Len()
	}
	return d, err
}

// AbsDataDir returns the absolute path of [DataDirOf] the dataset of e.
func (e *Experiment) AbsDataDir(dir string) (string, error) {
	dir, err := DataDirOf(e.Data.Dataset, dir)
	if err == nil && dir != "" {
		dir, err = filepath.Abs(dir)
	}
	return dir, err
}

// NewRun creates a run folder, dir or runs/NAME/N (after an error it leaves none), with the resolved spec and with info, to
// which it adds the facts about e, the machine and the file of initial weights.
func (e *Experiment) NewRun(dir, weights string, info runs.Info) (*runs.Run, error) {
	resolved, err := e.Spec.Resolved()
	if err != nil {
		return nil, err
	}
	if weights != "" {
		digest, err := fileDigest(weights)
		if err != nil {
			return nil, err
		}
		info.Weights = &runs.Weights{File: weights, Digest: digest}
	}
	var r *runs.Run
	if dir != "" {
		r, err = runs.CreateAt(dir)
	} else {
		r, err = runs.Create("runs", e.Spec.Name)
	}
	if err != nil {
		return nil, err
	}
	trainable, frozen := e.Plan.Params()
	info.Name, info.Seed, info.Params = e.Spec.Name, e.Train.Seed, trainable+frozen
	info.Command, info.Started, info.Machine, info.Epochs = os.Args, time.Now().UTC().Truncate(time.Second), ThisMachine(), []runs.Figures{}
	r.Info = info
	if err = r.Write(runs.SpecFile, func(w io.Writer) error { _, err := w.Write(resolved); return err }); err == nil {
		err = r.SaveInfo()
	}
	if err != nil {
		return nil, errors.Join(err, r.Discard())
	}
	return r, nil
}

// fileDigest returns the SHA-256 of a file in hexadecimal.
func fileDigest(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
