package experiment

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"cnntrain/internal/comm"
	"cnntrain/internal/comm/commtest"
	"cnntrain/internal/data"
	"cnntrain/internal/data/dataset"
	"cnntrain/internal/runs"
	"cnntrain/internal/spec"
	"cnntrain/internal/train/callback"
)

func TestOnlyACanceledRunIsInterrupted(t *testing.T) {
	full := fmt.Errorf("no room: %w", syscall.ENOSPC)
	nan := errors.New("not a finite number")
	for _, c := range []struct {
		err   error
		want  runs.Status
		again bool
	}{
		{context.Canceled, runs.Interrupted, false},
		{errors.Join(context.Canceled), runs.Interrupted, false},
		{fmt.Errorf("reading: %w", context.Canceled), runs.Interrupted, false},
		{errors.Join(context.Canceled, full), runs.Failed, true},
		{errors.Join(context.Canceled, errors.Join(context.Canceled, full)), runs.Failed, true},
		{full, runs.Failed, true},
		{nan, runs.Failed, false},
	} {
		for _, saved := range []bool{false, true} {
			r, err := runs.CreateAt(t.TempDir())
			if err == nil && saved {
				err = os.WriteFile(r.Path(runs.LastFile), nil, 0o666)
			}
			if err != nil {
				t.Fatal(err)
			}
			err = (&fit{run: r}).broken(c.err)
			var unfinished *UnfinishedError
			resumable := saved || c.want == runs.Interrupted
			if r.Info.Status != c.want || r.Info.Again != c.again || Canceled(err) != (c.want == runs.Interrupted) || errors.As(err, &unfinished) != resumable {
				t.Errorf("%v, saved %v: the run is %s, and fit returns %#v", c.err, saved, r.Info.Status, err)
			}
			if errors.Is(c.err, full) && !strings.Contains(fmt.Sprint(err), full.Error()) {
				t.Errorf("%v is lost in %v", c.err, err)
			}
		}
	}
}

func TestBestIsNotedOnlyOnceItIsSaved(t *testing.T) {
	e, err := Load(filepath.Join("..", "..", "specs", "quickstart.yaml"), nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := runs.CreateAt(filepath.Join(t.TempDir(), "run"))
	if err != nil {
		t.Fatal(err)
	}
	f := &fit{Experiment: e, run: r, monitor: callback.NewMonitor("loss"), sets: &data.Sets{}}
	s := &callback.State{Epoch: 3, Logs: callback.Logs{{Name: "loss", Value: 1}}}
	if err := os.RemoveAll(r.Dir); err != nil {
		t.Fatal(err)
	}
	if err := f.saveBest(s); err == nil || r.Info.Best != nil {
		t.Errorf("saved where nothing can be: %v, best %v", err, r.Info.Best)
	}
}

// gone is test images of which one has become unreadable.
type gone struct{ dataset.Examples }

var errGone = errors.New("cat/7.png: no such file")

func (g gone) Image(dst []float32, i int) error {
	if i == 7 {
		return errGone
	}
	return g.Examples.Image(dst, i)
}

// A failed test does not invalidate the training, in one process or on ranks, of which one
// has the error.
func TestRunsAreFinishedThoughTheTestFails(t *testing.T) {
	for _, ranks := range []int{1, 2} {
		out := filepath.Join(t.TempDir(), "run")
		commtest.Run(ranks, func(w comm.World) {
			var problems spec.Problems
			e, err := New(spec.Parse("small.yaml", []byte(`input: [32, 32, 3]
data: {dataset: {shapes: {train: 60, test: 20}}, validation_split: 0.2}
layers: [rescaling: 1/255, max_pooling2d: 4, flatten, dense: {units: 10, activation: softmax}]
train: {epochs: 1}
`), nil, &problems), &problems)
			if err != nil {
				t.Error(err)
				return
			}
			f := &fit{Experiment: e, options: Options{Out: out, World: w, Listener: nobody{}}}
			if f.model, err = f.begin(f.options); err == nil {
				f.sets, err = f.loadOnRanks(t.Context())
			}
			if err == nil && w.Rank() == 0 {
				f.run, err = f.newRun()
			}
			if err != nil {
				t.Error(err)
				return
			}
			f.sets.Test = gone{f.sets.Test}
			if err := f.do(t.Context(), nil); err != nil {
				t.Errorf("rank %d of %d: %v", w.Rank(), ranks, err)
			}
			if f.run == nil {
				return
			}
			if err := f.run.Unlock(); err != nil {
				t.Error(err)
			}
			r, err := runs.Open(out)
			if err != nil || r.Info.Status != runs.Finished || !strings.Contains(r.Info.Untested, errGone.Error()) || r.Info.Test != nil || !r.Has(runs.CurvesFile) {
				t.Errorf("%d ranks: %v, %+v", ranks, err, r)
			}
		})
	}
}
