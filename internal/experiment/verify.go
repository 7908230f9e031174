package experiment

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"slices"
	"strings"

	"cnntrain/internal/checkpoint"
	"cnntrain/internal/runs"
	"cnntrain/internal/shutdown"
	"cnntrain/internal/spec"
	"cnntrain/internal/train"
	"cnntrain/internal/words"
)

// A Verification compares a run with a repetition of it.
type Verification struct {
	Run    string     `json:"run"`
	Quick  bool       `json:"quick"` // the weights were evaluated, not trained again
	Equal  bool       `json:"equal"`
	Checks []Compared `json:"checks"`
}

// Compared is one thing that was compared.
type Compared struct {
	What  string `json:"what"`
	Run   string `json:"of_the_run"` // a digest or figures
	Now   string `json:"now"`
	Equal bool   `json:"equal"`
	Where string `json:"where,omitempty"` // first difference
}

// Verify trains the spec of the finished run in dir again, into a temporary folder that it
// removes, and compares digests of spec, data and weights, and the figures of all epochs, which
// must be equal to the bit. If spec, data or initial weights differ, nothing is trained: the
// rest must differ too. If quick, it only evaluates the best weights on the data of the run,
// and compares figures. Of o, it takes Source and Listener.
func Verify(ctx context.Context, dir string, quick bool, o Options) (*Verification, error) {
	r, err := runs.Open(dir)
	if err != nil {
		return nil, err
	}
	info := &r.Info
	switch {
	case info.Reason == runs.ReasonImported:
		return nil, fmt.Errorf("%s: was imported, not trained, so there is no training to repeat", dir)
	case info.Status != runs.Finished:
		return nil, fmt.Errorf("%s: is %s, and only a finished run can be verified; cnntrain fit --resume %s", dir, info.Status, words.Shell(dir))
	case len(info.Dataset.Accepted) > 0:
		return nil, fmt.Errorf("%s: its data changed while it was trained, so it cannot be trained again: %s", dir, strings.Join(info.Dataset.Accepted, "; "))
	case info.Ranks > 1 && !quick:
		return nil, fmt.Errorf("%s: was trained by %d ranks, and their number changes the last digits; verify --quick evaluates its weights", dir, info.Ranks)
	}
	v := &verifying{Verification: Verification{Run: dir, Quick: quick}, before: r, fit: fit{options: Options{Source: o.Source, Listener: o.Listener}.filled()}}
	if err := v.sources(ctx); err != nil || v.parted() {
		return v.end(), err
	}
	if quick {
		err = v.evaluate(ctx)
	} else {
		err = v.again(ctx)
	}
	return v.end(), err
}

// verifying is the state of one verification. Its fit is the second training.
type verifying struct {
	Verification
	fit
	before *runs.Run
	best   *checkpoint.File // best.safetensors of the run
}

func (v *verifying) add(what, run, now, where string) {
	v.Checks = append(v.Checks, Compared{what, run, now, run == now && where == "", where})
}

// parted reports whether anything differs.
func (v *verifying) parted() bool {
	return slices.ContainsFunc(v.Checks, func(c Compared) bool { return !c.Equal })
}

func (v *verifying) end() *Verification {
	v.Equal = !v.parted()
	return &v.Verification
}

// sources compares the inputs of training: spec, data, initial weights.
func (v *verifying) sources(ctx context.Context) (err error) {
	if v.best, err = ReadCheckpoint(v.before.Path(runs.BestFile)); err != nil {
		return err
	}
	now, err := Load(v.before.Dir, nil)
	if err != nil {
		return err
	}
	var problems spec.Problems
	v.Experiment, err = New(spec.Parse(v.before.Path(runs.BestFile)+" (spec)", []byte(v.best.Metadata[MetaSpec]), nil, &problems), &problems)
	if err != nil {
		return err
	}
	v.File, v.Was = now.File, now.Was
	var texts [2]string
	for i, e := range []*Experiment{v.Experiment, now} {
		text, err := e.Spec.Resolved()
		if err != nil {
			return err
		}
		texts[i] = string(text)
	}
	v.add(runs.SpecFile, digest(texts[0]), digest(texts[1]), runs.Edited(texts[0], texts[1]))
	if w := v.before.Info.Weights; w != nil {
		now, err := fileDigest(w.File)
		if err != nil {
			return fmt.Errorf("the weights that the run began with: %w", err)
		}
		v.add("initial weights", w.Digest, now, "")
	}
	if v.sets, err = v.LoadData(ctx, v.options.Source); err != nil {
		return err
	}
	where := ""
	if v.sets.Digest != v.before.Info.Dataset.Digest && v.sets.OfFiles() {
		if now, before, err := Manifests(v.before, v.sets); err == nil {
			where = now.Since(before).String()
		}
	}
	v.add("data", v.before.Info.Dataset.Digest, v.sets.Digest, where)
	return nil
}

// digest returns the SHA-256 of a text in hexadecimal.
func digest(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }

// evaluate evaluates the best weights on the validation and the test data of the run.
func (v *verifying) evaluate(ctx context.Context) error {
	v.model = v.Plan.NewModel(uint64(v.Train.Seed))
	if err := SetWeights(v.model, v.best, v.before.Path(runs.BestFile)); err != nil {
		return err
	}
	info := &v.before.Info
	if v.sets.Val != nil && info.Best != nil && info.Best.Epoch >= 1 && info.Best.Epoch <= len(info.Epochs) {
		r, err := train.Evaluate(ctx, v.model, v.sets.Val, v.sets.Pixels(), v.Train.BatchSize, v.Train.Metrics)
		if err != nil {
			return err
		}
		var before, now runs.Figures
		for _, l := range r.Logs(v.Train.Metrics, "val_") {
			now = append(now, runs.Figure(l))
			if value, ok := info.Epochs[info.Best.Epoch-1].Get(l.Name); ok {
				before = append(before, runs.Figure{Name: l.Name, Value: value})
			}
		}
		v.figures(fmt.Sprintf("validation of epoch %d", info.Best.Epoch), before, now)
	}
	if v.sets.Test != nil && info.Untested == "" {
		r, err := train.Evaluate(ctx, v.model, v.sets.Test, v.sets.Pixels(), v.Train.BatchSize, v.Train.Metrics)
		if err != nil {
			return err
		}
		var now runs.Figures
		for _, l := range r.Logs(v.Train.Metrics, "") {
			now = append(now, runs.Figure(l))
		}
		v.tests(now)
	}
	return nil
}

// tests compares those of the new results on the test data that the run has too.
func (v *verifying) tests(now runs.Figures) {
	var before runs.Figures
	for _, f := range now {
		if value, ok := v.before.Info.Test.Get(f.Name); ok {
			before = append(before, runs.Figure{Name: f.Name, Value: value})
		}
	}
	v.figures("test", before, now)
}

// figures compares one row of figures.
func (v *verifying) figures(what string, before, now runs.Figures) {
	v.add(what, line(before), line(now), apart(before, now))
}

// line formats figures with enough digits to distinguish different values.
func line(f runs.Figures) string {
	var parts []string
	for _, one := range f {
		parts = append(parts, fmt.Sprintf("%s %v", one.Name, one.Value))
	}
	return strings.Join(parts, ", ")
}

// apart names the figures that differ; "" if none.
func apart(before, now runs.Figures) string {
	var names []string
	for _, f := range now {
		if was, ok := before.Get(f.Name); !ok || math.Float64bits(was) != math.Float64bits(f.Value) {
			names = append(names, f.Name)
		}
	}
	for _, f := range before {
		if _, ok := now.Get(f.Name); !ok {
			names = append(names, f.Name)
		}
	}
	return strings.Join(names, ", ")
}

// again trains again and compares.
func (v *verifying) again(ctx context.Context) (err error) {
	if before, now := v.before.Info.Machine, ThisMachine(); before.Kernels != now.Kernels {
		v.options.Listener.Logf("the run was trained with the kernels for %s and is verified with those for %s: expect other last digits", before.Kernels, now.Kernels)
	} else if before.Version != now.Version {
		v.options.Listener.Logf("the run was trained by cnntrain %s and is verified by %s", before.Version, now.Version)
	}
	dir, err := os.MkdirTemp("", "cnntrain-verify-")
	if err != nil {
		return err
	}
	done := shutdown.Remove(dir)
	defer func() {
		err = errors.Join(err, os.RemoveAll(dir))
		done()
	}()
	v.options.Out = dir
	if v.memory, err = frozenMemory("", 1); err != nil {
		return err
	}
	if v.model, err = v.begin(v.options); err != nil {
		return err
	}
	before := v.before
	if v.run, err = v.newRun(); err != nil {
		return err
	}
	defer v.unlock(&err)
	if err := v.do(ctx, nil); err != nil {
		if unfinished := (*UnfinishedError)(nil); errors.As(err, &unfinished) {
			return unfinished.Err // the temporary run cannot be resumed
		}
		return err
	}
	v.epochs(before.Info.Epochs, v.run.Info.Epochs)
	for _, file := range []string{runs.BestFile, runs.LastFile} {
		if err := v.weights(file); err != nil {
			return err
		}
	}
	if before.Info.Untested == "" && v.run.Info.Untested == "" {
		v.figures("test", before.Info.Test, v.run.Info.Test)
	}
	return nil
}

// epochs compares the figures of all epochs.
func (v *verifying) epochs(before, now []runs.Figures) {
	where := ""
	for i := range min(len(before), len(now)) {
		if names := apart(before[i], now[i]); names != "" {
			where = fmt.Sprintf("from epoch %d on: %s", i+1, names)
			break
		}
	}
	v.add("epochs", words.Count(len(before), "epoch"), words.Count(len(now), "epoch"), where)
}

// weights compares the weights in a file of both runs, without the training state. A run whose
// last weights were deleted is not compared by them.
func (v *verifying) weights(file string) error {
	var digests [2]string
	var weights [2][]checkpoint.Tensor
	for i, r := range []*runs.Run{v.before, v.run} {
		f, err := checkpoint.Read(r.Path(file))
		if i == 0 && file == runs.LastFile && errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		weights[i] = slices.DeleteFunc(f.Tensors, func(t checkpoint.Tensor) bool { return strings.HasPrefix(t.Name, checkpoint.StatePrefix) })
		h := sha256.New()
		if err := checkpoint.Encode(h, weights[i], nil); err != nil {
			return err
		}
		digests[i] = fmt.Sprintf("%x", h.Sum(nil))
	}
	v.add("weights in "+file, digests[0], digests[1], firstApart(weights[0], weights[1]))
	return nil
}

// firstApart names the first tensor that differs to the bit; "" if none does.
func firstApart(before, now []checkpoint.Tensor) string {
	if err := checkpoint.Match(before, now); err != nil {
		return err.Error()
	}
	where, differing := "", 0
	for _, t := range now {
		was := before[slices.IndexFunc(before, func(b checkpoint.Tensor) bool { return b.Name == t.Name })]
		n, most := 0, 0.0
		for i, x := range t.Data {
			if math.Float32bits(x) != math.Float32bits(was.Data[i]) {
				n++
				most = max(most, math.Abs(float64(x)-float64(was.Data[i])))
			}
		}
		if n == 0 {
			continue
		}
		if differing++; differing == 1 {
			where = fmt.Sprintf("%s: %s of %s, by up to %.2g", t.Name, words.Commas(n), words.Count(len(t.Data), "value"), most)
		}
	}
	if differing > 1 {
		where += fmt.Sprintf("; and in %s", words.Count(differing-1, "other tensor"))
	}
	return where
}
